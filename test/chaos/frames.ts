/** Largest handshake or message that is read, in bytes; a longer one is not understood, and neither is what follows. */
const MOST_BYTES = 8_000_000;

/** Opcodes of RFC 6455, section 5.2. */
const CONTINUATION = 0;
const TEXT = 1;

/** Reads one direction of a WebSocket connection from its bytes: first the HTTP head, then the text messages. */
export class FrameReader {
  /** The HTTP head; empty until it is there as a whole. */
  head = '';
  #bytes: Buffer = Buffer.alloc(0);
  #parts: string[] | null = null;

  /** The text messages that ended with these bytes. */
  read(chunk: Buffer): string[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (this.#bytes.length > MOST_BYTES) this.#bytes = Buffer.alloc(0);
    if (this.head === '') {
      const end = this.#bytes.indexOf('\r\n\r\n');
      if (end === -1) return [];
      this.head = this.#bytes.subarray(0, end).toString('latin1');
      this.#bytes = this.#bytes.subarray(end + 4);
    }
    const texts: string[] = [];
    for (let frame = this.#next(); frame !== null; frame = this.#next()) {
      if (frame.opcode === TEXT) this.#parts = [];
      else if (frame.opcode !== CONTINUATION) continue;
      this.#parts?.push(frame.payload.toString());
      if (!frame.isLast || this.#parts === null) continue;
      texts.push(this.#parts.join(''));
      this.#parts = null;
    }
    return texts;
  }

  /** Takes the next whole frame from the bytes; null when there is none. */
  #next(): { isLast: boolean; opcode: number; payload: Buffer } | null {
    const bytes = this.#bytes;
    const [first = 0, second = 0] = bytes;
    const short = second & 0x7f;
    const maskAt = short === 127 ? 10 : short === 126 ? 4 : 2;
    const isMasked = (second & 0x80) !== 0;
    const payloadAt = maskAt + (isMasked ? 4 : 0);
    if (bytes.length < Math.max(2, payloadAt)) return null;
    const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
    if (bytes.length < payloadAt + length) return null;
    const payload = Buffer.from(bytes.subarray(payloadAt, payloadAt + length));
    if (isMasked) for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (bytes[maskAt + (i & 3)] ?? 0);
    this.#bytes = bytes.subarray(payloadAt + length);
    return { isLast: (first & 0x80) !== 0, opcode: first & 0x0f, payload };
  }
}
