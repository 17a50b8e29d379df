import { describe, expect, it } from '@jest/globals';
import { Refusals } from '../../../../runtime/balancer/assign/refusals';
import { eventually } from '../../../support/eventually';

describe('refused joins', () => {
  it('are told together, by cluster, and again after a failure', async () => {
    const told: string[] = [];
    const refusals = new Refusals(async (cluster, count) => {
      told.push(`${cluster} ${count}`);
      throw new Error('the registry does not answer');
    });
    for (const cluster of ['game', 'lobby', 'game']) refusals.note(cluster);
    await eventually('they are told', () => told.length === 2);
    expect(told).toEqual(['game 2', 'lobby 1']);
    refusals.note('game');
    await eventually('the next one is told', () => told.length === 3);
    expect(told[2]).toBe('game 1');
    refusals.note('game');
    refusals.stop();
  });
});
