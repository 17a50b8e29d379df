import { createHash, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** One for all of this process: it proves only that the server speaks WebSocket. */
const KEY = randomBytes(16).toString('base64');
const ACCEPT = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

/** A head of an answer longer than this, in bytes, is none. */
const MOST_HEAD_BYTES = 16_384;

const CHUNK_BYTES = 65_536;

/** Where sockets put what they read. Callbacks are done with it when they return, so one serves all sockets of a thread. */
export function readBuffer(): Uint8Array {
  return new Uint8Array(CHUNK_BYTES);
}

/**
 * Connects to a node's Engine.IO, and asks for the upgrade to a WebSocket at once.
 * @param from address to connect from. @default the system's choice
 */
export function dial(
  endpoint: string,
  query: Readonly<Record<string, string>>,
  buffer: Uint8Array,
  onData: (chunk: Buffer) => void,
  from?: string,
): Socket {
  const { protocol, hostname, port, host } = new URL(endpoint);
  const secure = protocol === 'https:' || protocol === 'wss:';
  const where = {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || (secure ? 443 : 80)),
    ...(from === undefined ? {} : { localAddress: from }),
    noDelay: true,
  };
  const socket = secure ? connectTls({ ...where, servername: hostname }) : connectPlain(where, buffer, onData);
  if (secure) socket.on('data', onData);
  const path = `/socket.io/?${new URLSearchParams({ EIO: '4', transport: 'websocket', ...query })}`;
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
  );
  return socket;
}

/** Reads without a stream: that saves a good part of a connection's memory. */
function connectPlain(
  where: { host: string; port: number; localAddress?: string; noDelay: boolean },
  buffer: Uint8Array,
  onData: (chunk: Buffer) => void,
): Socket {
  const callback = (bytes: number): boolean => {
    onData(Buffer.from(buffer.buffer, 0, bytes));
    return true;
  };
  return connect({ ...where, onread: { buffer, callback } });
}

export type Upgrade =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'open'; readonly rest: Buffer }
  | { readonly kind: 'failed'; readonly refused: boolean; readonly message: string };

/** Judges what has come of the server's answer. */
export function readUpgrade(bytes: Buffer): Upgrade {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) {
    if (bytes.length <= MOST_HEAD_BYTES) return { kind: 'incomplete' };
    return { kind: 'failed', refused: false, message: 'its answer is not HTTP' };
  }
  const head = bytes.toString('latin1', 0, end);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
  if (status !== 101) {
    return { kind: 'failed', refused: status >= 400 && status < 500, message: `Unexpected server response: ${status}` };
  }
  const accept = /^sec-websocket-accept: *(.*?) *$/im.exec(head)?.[1];
  if (accept !== ACCEPT) return { kind: 'failed', refused: false, message: 'it speaks no WebSocket' };
  return { kind: 'open', rest: bytes.subarray(end + 4) };
}
