import { describe, expect, it } from '@jest/globals';
import { failOvers, median, players, requestsTo } from './figures';
import type { Entry } from './history';

const lease = (t: number, owner: string | null, epoch: number | null): Entry => ({
  ...{ t, kind: 'lease', cluster: 'lobby', owner: owner === null ? null : `${owner}/start`, epoch },
});
const asked = (t: number, by: string, epoch: number | null): Entry => ({
  ...{ t, kind: 'asked', by, nodeId: 'lobby-1', epoch },
});
const ended = (t: number, nodeId: string): Entry => ({
  ...{ t, kind: 'process', what: 'ended', group: nodeId.slice(0, -2), nodeId },
});

describe('a fail-over', () => {
  const death = [lease(0, 'balancer-a-1', 5), ended(1_000, 'balancer-a-1'), lease(3_000, null, null)];
  const taken = [lease(3_500, 'balancer-b-1', 6), asked(3_600, 'balancer-b-1', null), asked(4_200, 'balancer-b-1', 6)];

  it('lasts until the other has the lease and polls under its epoch; the way home from the first poll of who came back', () => {
    const home = [asked(9_000, 'balancer-a-2', null), lease(12_000, 'balancer-a-2', 7)];
    expect(failOvers([...death, ...taken, ...home])).toEqual([
      { cluster: 'lobby', from: 'balancer-a-1', takeOverMs: 3_200, failBackMs: 3_000 },
    ]);
    expect(failOvers([...death, ...taken])).toMatchObject([{ takeOverMs: 3_200, failBackMs: null }]);
  });

  it('never ends when nobody takes over, or who does polls nobody', () => {
    expect(failOvers(death)).toMatchObject([{ takeOverMs: Number.POSITIVE_INFINITY }]);
    expect(failOvers([...death, ...taken.slice(0, 2)])).toMatchObject([{ takeOverMs: Number.POSITIVE_INFINITY }]);
  });

  it('is none when the balancer owned nothing, or was back before the other', () => {
    expect(failOvers([lease(0, 'balancer-b-1', 5), ended(1_000, 'balancer-a-1')])).toEqual([]);
    expect(failOvers([...death, lease(3_200, 'balancer-a-2', 6)])).toEqual([]);
  });
});

it('counts requests to one address in a time, and what became of players', () => {
  const request = (t: number, to: string, code: string): Entry => ({
    ...{ t, kind: 'request', to, ok: code === '', code, tookMs: 1 },
  });
  const history = [request(1, 'x', ''), request(2, 'x', 'BUSY'), request(2, 'y', 'BUSY'), request(3, 'x', 'BUSY')];
  expect(requestsTo(history, 'x', 1, 2)).toEqual({ asked: 2, failed: ['1 BUSY'] });
  const outcome = (what: 'begins' | 'finished' | 'failed'): Entry => ({
    ...{ t: 1, kind: 'player', playerId: 'p', what, reason: '' },
  });
  expect(players([outcome('begins'), outcome('finished'), outcome('failed')])).toEqual({ finished: 1, failed: 1 });
  expect([median([3, 1, 2]), median([])]).toEqual([2, Number.NaN]);
});
