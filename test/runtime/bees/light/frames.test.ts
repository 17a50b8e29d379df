import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { clientFrame, FrameError, FrameReader, OPCODES } from '../../../../runtime/bees/light/frames';

/** As a server sends it: like a client's, but not masked. */
function serverFrame(opcode: number, text: string, last = true): Buffer {
  const frame = clientFrame(opcode, text);
  const mask = frame.length - Buffer.byteLength(text) - 4;
  const bare = Buffer.concat([frame.subarray(0, mask), frame.subarray(mask + 4)]);
  bare[0] = (last ? 0x80 : 0) | opcode;
  bare[1] = (bare[1] ?? 0) & 0x7f;
  return bare;
}

function readAll(chunks: readonly Buffer[]): [number, string][] {
  const seen: [number, string][] = [];
  const reader = new FrameReader((opcode, payload) => seen.push([opcode, payload.toString()]));
  // Each chunk in memory that is used again, as a socket's is.
  for (const chunk of chunks) {
    const used = Buffer.from(chunk);
    reader.push(used);
    used.fill(0);
  }
  return seen;
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(125, 126, 65_535, 65_536).map((length) => 'x'.repeat(length)),
);

describe('a stream of frames', () => {
  it('gives the same messages however it is cut', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 20 }), (messages, marks) => {
        const stream = Buffer.concat(messages.map((message) => serverFrame(OPCODES.text, message)));
        const cuts = [0, ...marks.map((mark) => mark % (stream.length + 1)).sort((a, b) => a - b), stream.length];
        const chunks = cuts.slice(1).map((cut, i) => stream.subarray(cuts[i], cut));
        expect(readAll(chunks)).toEqual(messages.map((message) => [OPCODES.text, message]));
      }),
      { numRuns: 50 },
    );
  });

  it('joins fragments, and gives control frames between them at once', () => {
    const stream = [
      serverFrame(OPCODES.text, 'one ', false),
      serverFrame(OPCODES.ping, 'p'),
      serverFrame(OPCODES.continuation, 'two ', false),
      serverFrame(OPCODES.continuation, 'three'),
    ];
    expect(readAll(stream)).toEqual([
      [OPCODES.ping, 'p'],
      [OPCODES.text, 'one two three'],
    ]);
  });

  it('refuses masked frames, and messages that would fill the memory', () => {
    expect(() => readAll([clientFrame(OPCODES.text, 'x')])).toThrow(FrameError);
    const huge = Buffer.alloc(10);
    huge[0] = 0x80 | OPCODES.text;
    huge[1] = 127;
    huge.writeBigUInt64BE(1n << 40n, 2);
    expect(() => readAll([huge])).toThrow('larger');
    const part = serverFrame(OPCODES.text, 'x'.repeat(600_000), false);
    const next = serverFrame(OPCODES.continuation, 'x'.repeat(600_000), false);
    expect(() => readAll([part, next])).toThrow('larger');
  });
});
