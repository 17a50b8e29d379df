/** A value of Redis' protocol (RESP2 or 3), as far as it is told apart here: an error is its text, `-` first; a map is a list. */
export type Resp = string | number | null | readonly Resp[];

/** Largest message that is waited for, in bytes. */
const MOST_BYTES = 16_000_000;

/** Reads one direction of a connection to Redis from its bytes. */
export class RespReader {
  #bytes: Buffer = Buffer.alloc(0);

  /** The values that ended with these bytes. */
  read(chunk: Buffer): Resp[] {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const values: Resp[] = [];
    let at = 0;
    for (let next = valueAt(this.#bytes, at); next !== null; next = valueAt(this.#bytes, at)) {
      values.push(next.value);
      at = next.end;
    }
    this.#bytes = this.#bytes.length - at > MOST_BYTES ? Buffer.alloc(0) : this.#bytes.subarray(at);
    return values;
  }
}

/** The value that begins there, and where it ends; null when it is not there as a whole. */
function valueAt(bytes: Buffer, at: number): { readonly value: Resp; readonly end: number } | null {
  const lineEnd = bytes.indexOf('\r\n', at);
  if (lineEnd === -1) return null;
  const type = String.fromCharCode(bytes[at] ?? 0);
  const line = bytes.toString('latin1', at + 1, lineEnd);
  const start = lineEnd + 2;
  if ('$=!'.includes(type)) {
    const length = Number(line);
    if (length < 0) return { value: null, end: start };
    if (bytes.length < start + length + 2) return null;
    return { value: bytes.toString('utf8', start, start + length), end: start + length + 2 };
  }
  if ('*~%'.includes(type)) {
    const value: Resp[] = [];
    let end = start;
    for (let left = Number(line) * (type === '%' ? 2 : 1); left > 0; left--) {
      const next = valueAt(bytes, end);
      if (next === null) return null;
      value.push(next.value);
      end = next.end;
    }
    return { value, end };
  }
  if (type === ':') return { value: Number(line), end: start };
  return { value: type === '-' ? `-${line}` : line, end: start };
}
