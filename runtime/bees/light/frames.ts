/** Opcodes of WebSocket frames (RFC 6455, 5.2). */
export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What a node may send in one message, in bytes: far more than any does, so that a broken stream does not fill the memory. */
const MOST_BYTES = 1_048_576;

/** What a stream of frames is refused for. */
export class FrameError extends Error {}

/**
 * Takes a stream of a server's frames apart, however it was cut on its way. Text comes out whole, control frames as they are.
 * Keeps bytes only while a frame is incomplete.
 */
export class FrameReader {
  readonly #onFrame: (opcode: number, payload: Buffer) => void;
  #rest: Buffer | null = null;
  #fragments: Buffer[] = [];

  /** @param onFrame `payload` is valid during the call only. */
  constructor(onFrame: (opcode: number, payload: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** @throws FrameError when this is no stream of a server's frames. */
  push(chunk: Buffer): void {
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let size = frameSize(bytes, at); size !== null && at + size <= bytes.length; size = frameSize(bytes, at)) {
      this.#take(bytes, at, size);
      at += size;
    }
    // A copy: the chunk's memory is used again.
    this.#rest = at === bytes.length ? null : Buffer.from(bytes.subarray(at));
  }

  #take(bytes: Buffer, at: number, size: number): void {
    const first = bytes[at] ?? 0;
    const opcode = first & 0x0f;
    const payload = bytes.subarray(at + size - payloadSize(bytes, at), at + size);
    const whole = (first & 0x80) !== 0;
    if (opcode >= OPCODES.close || (whole && opcode !== OPCODES.continuation)) {
      this.#onFrame(opcode, payload);
      return;
    }
    this.#fragments.push(Buffer.from(payload));
    if (this.#fragments.reduce((sum, { length }) => sum + length, 0) > MOST_BYTES) throw tooLarge();
    if (!whole) return;
    const message = Buffer.concat(this.#fragments);
    this.#fragments = [];
    this.#onFrame(OPCODES.text, message);
  }
}

/** Bytes of the frame that begins at `at`, header and payload; null while its header is not there. */
function frameSize(bytes: Buffer, at: number): number | null {
  const second = bytes[at + 1];
  if (second === undefined) return null;
  if ((second & 0x80) !== 0) throw new FrameError('a server must not mask its frames');
  const header = second === 127 ? 10 : second === 126 ? 4 : 2;
  if (bytes.length < at + header) return null;
  const payload = payloadSize(bytes, at);
  if (payload > MOST_BYTES) throw tooLarge();
  return header + payload;
}

function payloadSize(bytes: Buffer, at: number): number {
  const short = bytes[at + 1] ?? 0;
  if (short === 126) return bytes.readUInt16BE(at + 2);
  return short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short;
}

function tooLarge(): FrameError {
  return new FrameError(`a message is larger than ${MOST_BYTES} bytes`);
}

/**
 * A client's frame. The mask, which protects proxies from scripts in web pages, is all zeros: it changes nothing, and a bee is no web page.
 */
export function clientFrame(opcode: number, payload: string | Buffer): Buffer {
  const length = Buffer.byteLength(payload);
  const header = length < 126 ? 6 : length < 65_536 ? 8 : 14;
  const frame = Buffer.allocUnsafe(header + length).fill(0, 0, header);
  frame[0] = 0x80 | opcode;
  if (header === 6) frame[1] = 0x80 | length;
  else {
    frame[1] = 0x80 | (header === 8 ? 126 : 127);
    if (header === 8) frame.writeUInt16BE(length, 2);
    else frame.writeBigUInt64BE(BigInt(length), 2);
  }
  if (typeof payload === 'string') frame.write(payload, header);
  else payload.copy(frame, header);
  return frame;
}
