import { describe, expect, it } from '@jest/globals';
import { readable, Terminal } from '../../../runtime/local/terminal';

function recorder(isTTY: boolean) {
  const written: string[] = [];
  const out = { isTTY, columns: 20, write: (text: string) => written.push(text) > 0 };
  return { terminal: new Terminal(out), written };
}

describe('the terminal', () => {
  it('rewrites its block in place and prints lines above it', () => {
    const { terminal, written } = recorder(true);
    terminal.show('one', 'two');
    terminal.say('line');
    terminal.show('a block that is too wide');
    expect(written).toEqual([
      'one\ntwo\n',
      '\u001b[2A\u001b[Jline\none\ntwo\n',
      '\u001b[2A\u001b[Ja block that is too\n',
    ]);
  });

  it('prints plain lines where nothing can be rewritten', () => {
    const { terminal, written } = recorder(false);
    terminal.show('status');
    terminal.say('a', 'b');
    expect(terminal.live).toBe(false);
    expect(written).toEqual(['a\nb\n']);
  });
});

describe('a log line', () => {
  it.each([
    ['{"level":40,"msg":"slow"}', 'warning: slow'],
    ['{"level":50,"msg":"failed","err":{"message":"no route"}}', 'error: failed (no route)'],
    ['{"level":60,"msg":"same","err":{"message":"same"}}', 'fatal: same'],
    ['{"level":30}', 'info: '],
    ['{"half', '{"half'],
    ['42', '42'],
    ['plain words', 'plain words'],
  ])('%s is read as %s', (line, words) => {
    expect(readable(line)).toBe(words);
  });
});
