import { describe, expect, it } from '@jest/globals';
import { ModesText } from '../../../runtime/lobby/modes';

describe('MODES', () => {
  it('reads each mode with its size', () => {
    expect(ModesText.parse('battle:4, duel:2')).toEqual(
      new Map([
        ['battle', 4],
        ['duel', 2],
      ]),
    );
    expect(ModesText.parse('ranked:eu:64')).toEqual(new Map([['ranked:eu', 64]]));
  });

  it.each([
    ['', '"" is not MODE:SIZE'],
    ['battle', '"battle" is not MODE:SIZE'],
    ['battle:', '"battle:" is not MODE:SIZE'],
    ['battle:0', '"battle:0" is not MODE:SIZE'],
    ['battle:65', '"battle:65" is not MODE:SIZE'],
    ['battle:2.5', '"battle:2.5" is not MODE:SIZE'],
    [':4', '":4" is not MODE:SIZE'],
    ['a b:4', '"a b:4" is not MODE:SIZE'],
    ['battle:4,battle:2', 'the mode "battle" is there twice'],
  ])('refuses %j, and says which part is wrong', (text, message) => {
    const { error } = ModesText.safeParse(text);
    expect(error?.issues.map((issue) => issue.message).join()).toContain(message);
  });
});
