import { afterEach, describe, expect, it } from '@jest/globals';
import type { Instance } from '../../../runtime/fleet/port';
import { describeScaling, ScalingRecord } from '../../../runtime/local/record';

const records: ScalingRecord[] = [];
afterEach(() => {
  for (const record of records.splice(0)) record.stop();
});

function setUp() {
  const member = (nodeId: string, state: Instance['state'] = 'running') => ({
    ...{ nodeId, cluster: 'game', endpoint: null, zone: 'z', launchedAtMs: 0, state, pid: 1, version: 'v' },
  });
  const game = {
    launched: 2,
    terminations: new Map<string, number>(),
    members: [member('a'), member('b')],
    describe: () => game.members,
  };
  const record = new ScalingRecord(new Map([['game', game]]));
  records.push(record);
  return { game, record, member };
}

const lost = (nodeId: string, fromMs: number, untilMs: number, playerId = 'p') => ({
  playerId,
  nodeId,
  fromMs,
  untilMs,
});

describe('what scaling did', () => {
  it('counts nodes from the time on when the cluster was up, and shows their course', () => {
    const { game, record, member } = setUp();
    record.players({ game: 7 });
    game.launched = 5;
    game.members.push(member('c'), member('d', 'pending'), member('e', 'terminating'));
    game.terminations.set('e', 1);
    const summary = record.summary();
    expect(summary).toMatchObject({ nodesStarted: 3, nodesStopped: 1, cutOffByScaling: 0 });
    expect(summary.series.game).toEqual([
      { atMs: expect.any(Number), nodes: 2, players: 0 },
      { atMs: expect.any(Number), nodes: 4, players: 7 },
    ]);
    expect(describeScaling(summary).at(-1)).toBe('Scaling: 3 nodes started, 1 stopped; 0 players cut off by it');
    expect(describeScaling(summary)).toContainEqual(expect.stringMatching(/^ +0 +4 +7$/));
  });

  it('counts each player who was entitled to a place on a node when it was terminated', () => {
    const { game, record } = setUp();
    game.terminations.set('a', 1_000);
    record.broken(lost('a', 500, 1_000));
    record.broken(lost('a', 900, 5_000, 'q'));
    record.broken(lost('a', 950, 5_000, 'q'));
    expect(record.summary().cutOffByScaling).toBe(2);
  });

  it('counts nobody who had left before, came after, or lost a node that died by itself', () => {
    const { game, record } = setUp();
    game.terminations.set('a', 1_000);
    record.broken(lost('a', 500, 999));
    record.broken(lost('a', 1_001, 2_000));
    record.broken(lost('b', 0, 9_000));
    expect(record.summary().cutOffByScaling).toBe(0);
  });
});
