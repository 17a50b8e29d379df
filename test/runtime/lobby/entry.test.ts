import { describe, expect, it } from '@jest/globals';
import { type Answer, answerAll, owe } from '../../../runtime/lobby/entry';

describe('acknowledgements that are owed', () => {
  it('are given in order, and of too many only the last: a client that keeps asking fills no memory', () => {
    const given: string[] = [];
    const owed: Answer<string>[] = [];
    for (let i = 0; i < 1_000; i++) owe(owed, (status) => given.push(`${i} ${status}`));
    expect(owed.length).toBeLessThan(20);
    answerAll(owed, 'waiting');
    expect(given.at(-1)).toBe('999 waiting');
    expect(given).toEqual([...given].sort());
    expect(owed).toEqual([]);
  });
});
