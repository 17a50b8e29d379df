import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../../runtime/local/port';
import { eventually } from './eventually';
import { TcpProxy } from './tcp-proxy';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (let last = undo.pop(); last !== undefined; last = undo.pop()) await last();
});

/** A server that sends back what it gets, and what it heard of its connections. */
async function echo(listen: { port: number; host: string } | { path: string }) {
  const heard = { bytes: 0, ended: 0, failed: 0 };
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('data', (chunk) => {
      heard.bytes += chunk.length;
      socket.write(chunk);
    });
    socket.on('error', () => {
      heard.failed += 1;
    });
    socket.on('end', () => {
      heard.ended += 1;
    });
    socket.on('close', () => open.delete(socket));
  }).listen(listen);
  await once(server, 'listening');
  undo.push(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { heard, port };
}

async function tcpEcho() {
  const { heard, port } = await echo({ port: 0, host: '127.0.0.1' });
  const proxy = await TcpProxy.start({ port });
  undo.push(() => proxy.close());
  return { heard, proxy };
}

/** A client, and what it got. */
function client(proxy: TcpProxy) {
  const socket = connect({ port: proxy.port, host: '127.0.0.1' });
  const got = { text: '', error: '', ended: false, closed: false };
  socket.on('data', (chunk: Buffer) => {
    got.text += chunk.toString();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    got.error = error.code ?? '';
  });
  socket.on('end', () => {
    got.ended = true;
  });
  socket.on('close', () => {
    got.closed = true;
  });
  undo.push(() => socket.destroy());
  return { socket, got };
}

describe('TcpProxy', () => {
  it('passes bytes and ends on, both ways', async () => {
    const { heard, proxy } = await tcpEcho();
    const { socket, got } = client(proxy);
    socket.write('hello');
    await eventually('an answer', () => got.text === 'hello');
    socket.end();
    await eventually('the end is passed on and comes back', () => heard.ended === 1 && got.closed);
    await eventually('it is forgotten', () => proxy.open === 0);
    expect(got.error).toBe('');
  });

  it('leads to a Unix socket too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'proxy-'));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'echo.sock');
    await echo({ path });
    const proxy = await TcpProxy.start({ path });
    undo.push(() => proxy.close());
    const { socket, got } = client(proxy);
    socket.write('hello');
    await eventually('an answer', () => got.text === 'hello');
    proxy.cut();
    await eventually('it was reset', () => got.error === 'ECONNRESET');
  });

  it('passes more than the buffers hold', async () => {
    const { proxy } = await tcpEcho();
    const { socket, got } = client(proxy);
    const text = 'x'.repeat(5_000_000);
    socket.write(text);
    await eventually('all of it came back', () => got.text.length === text.length);
  });

  it('a server that is not there resets the client', async () => {
    const proxy = await TcpProxy.start({ port: await freePort(0) });
    undo.push(() => proxy.close());
    const { got } = client(proxy);
    await eventually('it was reset', () => got.error === 'ECONNRESET');
  });

  it('cut resets both ends; new connections pass', async () => {
    const { heard, proxy } = await tcpEcho();
    const { socket, got } = client(proxy);
    socket.write('hello');
    await eventually('an answer', () => got.text !== '');
    proxy.cut();
    await eventually('both heard of it', () => got.error === 'ECONNRESET' && heard.failed === 1);
    const next = client(proxy);
    next.socket.write('again');
    await eventually('an answer', () => next.got.text === 'again');
  });

  it('refuse resets what is there and what comes, until it is healed', async () => {
    const { heard, proxy } = await tcpEcho();
    const { socket, got } = client(proxy);
    socket.write('hello');
    await eventually('an answer', () => got.text !== '');
    proxy.refuse();
    const refused = client(proxy);
    await eventually('both were reset', () => got.error === 'ECONNRESET' && refused.got.closed);
    expect(heard.bytes).toBe(5);
    proxy.heal();
    const next = client(proxy);
    next.socket.write('again');
    await eventually('an answer', () => next.got.text === 'again');
  });

  it('delay keeps the order, also when it is healed in between', async () => {
    const { proxy } = await tcpEcho();
    const { socket, got } = client(proxy);
    socket.write('a');
    await eventually('an answer', () => got.text === 'a');
    proxy.delay(200);
    const sinceMs = performance.now();
    socket.write('b');
    await eventually('it was taken', () => performance.now() > sinceMs + 50);
    expect(got.text).toBe('a');
    proxy.heal();
    socket.write('c');
    await eventually('both came', () => got.text.length === 3);
    expect(got.text).toBe('abc');
    expect(performance.now() - sinceMs).toBeGreaterThan(190);
  });

  it('half open: nothing comes through, nobody hears of an end; what was swallowed stays lost', async () => {
    const { heard, proxy } = await tcpEcho();
    const { socket, got } = client(proxy);
    socket.write('hello');
    await eventually('an answer', () => got.text === 'hello');
    proxy.halfOpen();
    const late = client(proxy);
    await once(late.socket, 'connect');
    late.socket.write('swallowed');
    socket.end('swallowed');
    const sinceMs = performance.now();
    await eventually('some time has passed', () => performance.now() > sinceMs + 100);
    expect({ ...heard }).toEqual({ bytes: 5, ended: 0, failed: 0 });
    expect(got).toMatchObject({ text: 'hello', ended: false, error: '' });
    expect(late.got).toMatchObject({ text: '', ended: false, error: '' });

    proxy.heal();
    late.socket.write('still swallowed');
    const next = client(proxy);
    next.socket.write('again');
    await eventually('a new connection passes', () => next.got.text === 'again');
    expect(late.got.text).toBe('');
    expect(heard.bytes).toBe(10);
  });
});
