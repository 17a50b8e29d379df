import { describe, expect, it } from '@jest/globals';
import { KeptAnswers } from '../../../runtime/core/kept-answers';

const answer = (text: string, untilMs: number) => ({ fingerprint: 'p', untilMs, answer: text });

describe('KeptAnswers', () => {
  it('gives an answer again until it is no longer good', () => {
    const kept = new KeptAnswers<string>(100, 10);
    kept.keep('k', answer('one', 100), 0);
    expect(kept.find('k', 99)?.answer).toBe('one');
    expect(kept.find('k', 100)).toBeUndefined();
    expect(kept.find('other', 0)).toBeUndefined();
  });

  it('keeps every good answer when generations change, the latest of each key', () => {
    const kept = new KeptAnswers<string>(100, 10);
    kept.keep('k', answer('one', 190), 90);
    kept.keep('x', answer('x', 290), 195);
    expect(kept.find('k', 189)?.answer).toBe('one');
    kept.keep('k', answer('two', 300), 200);
    expect(kept.find('k', 201)?.answer).toBe('two');
  });

  it('holds two generations at most', () => {
    const kept = new KeptAnswers<number>(1_000_000, 10);
    for (let key = 0; key < 100; key++) kept.keep(String(key), { fingerprint: 'p', untilMs: 1_000, answer: key }, 0);
    const left = Array.from({ length: 100 }, (_, key) => kept.find(String(key), 1)).filter(
      (each) => each !== undefined,
    );
    expect(left.map(({ answer: key }) => key)).toEqual(Array.from({ length: 20 }, (_, index) => 80 + index));
  });
});
