import type { Socket } from 'node:net';

/** The longest line, in characters: a ticket with its word. */
const MAX_LINE = 9_000;

/** Calls back with each line, without its end. A line that is too long ends the connection. */
export function eachLine(socket: Socket, onLine: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line.replace(/\r$/, ''));
    if (rest.length > MAX_LINE) socket.destroy();
  });
}

/** Waits for the first bytes and puts them back, so that who gets the socket next reads from the beginning. */
export function peek(socket: Socket, count: number, decide: (first: string) => void): void {
  let seen = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    seen = Buffer.concat([seen, chunk]);
    if (seen.length < count) return;
    socket.off('data', onData);
    socket.pause();
    socket.unshift(seen);
    decide(seen.subarray(0, count).toString('latin1'));
    socket.resume();
  };
  socket.on('data', onData);
}
