import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { replay } from '../../../runtime/simulator/replay/recording';

/** What a balancer of a real local cluster wrote: 200 players came and went, the game nodes grew from 2 to 5, and began to shrink. */
const RECORDED = readFileSync(join(__dirname, 'recordings', 'local-cluster.jsonl'), 'utf8');

describe('the decisions of a real run', () => {
  it('are the same when everything that was seen is replayed', () => {
    const { steps, actions, differences } = replay(RECORDED, 'local-cluster.jsonl');
    expect(differences).toEqual([]);
    expect(steps).toBeGreaterThan(50);
    expect(actions).toBeGreaterThan(3);
  });

  it('differ when something else had been seen', () => {
    const changed = RECORDED.replaceAll('"refused":0', '"refused":50');
    expect(replay(changed, 'changed').differences.length).toBeGreaterThan(0);
  });

  it('are read up to a line that was cut short; anything else is named', () => {
    const whole = replay(RECORDED, 'whole').steps;
    expect(replay(RECORDED.slice(0, -20), 'cut').steps).toBe(whole - 1);
    expect(() => replay(`no JSON\n`, 'r.jsonl')).toThrow('r.jsonl:1: is no JSON');
    expect(() => replay(`{"v":1}\n`, 'r.jsonl')).toThrow('r.jsonl:1: cluster');
    const later = RECORDED.slice(RECORDED.indexOf('\n') + 1).replace(/"from":\{[^\n]*?\},"decision"/, '"decision"');
    expect(() => replay(later, 'r.jsonl')).toThrow('is missing');
  });
});
