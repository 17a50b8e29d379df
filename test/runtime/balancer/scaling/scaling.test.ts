import { afterEach, describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';
import type { FleetEvent } from '../../../../runtime/balancer/events';
import { startScaling } from '../../../../runtime/balancer/scaling/scaling';
import { ScalingConfig } from '../../../../runtime/core/config/scaling';
import type { Order } from '../../../../runtime/core/protocol/agent';
import type { ClusterSnapshot, NodeSnapshot } from '../../../../runtime/core/snapshot';
import { eventually } from '../../../support/eventually';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

function node(nodeId: string, phase: NodeSnapshot['phase']): NodeSnapshot {
  return {
    ...{ nodeId, startId: 's', endpoint: 'http://127.0.0.1:1', zone: 'a', version: 'v1', health: 'green', phase },
    ...{ connections: 0, sessions: 0, pending: 0, capacity: 100, weight: 100, window: 64, loopDelayMs: 1, rssBytes: 1 },
    ...{ launchedAtMs: 0, silentMs: 0, metrics: {} },
  };
}

/** The autoscaler of cluster game over parts that remember what they were told. */
function setUp(nodes: readonly NodeSnapshot[]) {
  const snapshots$ = new Subject<ClusterSnapshot>();
  const told: string[] = [];
  const events: FleetEvent[] = [];
  const wanted: [string, string | null][] = [];
  const tell = async (what: string): Promise<void> => void told.push(what);
  const view = {
    snapshots$,
    clusters: () => ['game'],
    snapshot: () => undefined,
    node: () => undefined,
    joinable: () => true,
    excluded: () => [],
  };
  const scaling = startScaling({
    clusters: new Map([['game', ScalingConfig.parse({ minimum: 2, in: { drainAtLeastMs: 0 } })]]),
    fleet: {
      group: async (cluster) => ({ cluster, desired: nodes.length, wantedVersion: 'v1' }),
      grow: (cluster, size) => tell(`grow ${cluster} ${size}`),
      terminate: (_, nodeId) => tell(`terminate ${nodeId}`),
    },
    watch: {
      view,
      order: async (_cluster: string, nodeId: string, order: Order) => {
        told.push(`${order.kind} ${nodeId} ${order.epoch}`);
        return { ok: true, phase: order.kind === 'undrain' ? 'open' : 'draining', sessions: 0 };
      },
      suspend: (_, nodeId, epoch) => tell(`suspend ${nodeId} ${epoch}`),
      replace: (_, nodeId) => tell(`replace ${nodeId}`),
      look: (cluster) => void told.push(`look ${cluster}`),
    },
    store: {
      load: async () => ({ state: null, outAgoMs: 0, inAgoMs: 0, refused: 0 }),
      save: async () => undefined,
    },
    ownership: { epoch: () => 7 },
    onWanted: (...heard) => void wanted.push(heard),
    events: { emit: (event) => void events.push(event) },
    timeoutMs: 1_500,
    ticketTtlMs: 1_000,
    pollMs: 100,
  });
  const beat = setInterval(
    () => snapshots$.next({ cluster: 'game', atMs: Date.now(), massFailure: false, nodes: [...nodes] }),
    20,
  );
  undo.push(() => {
    clearInterval(beat);
    scaling.stop();
  });
  return { told, events, wanted };
}

describe('the autoscaler of a balancer', () => {
  it('grows the fleet, has it looked at, and passes on what nodes are to run', async () => {
    const { told, wanted } = setUp([node('a', 'open')]);
    await eventually('it has grown', () => told.length >= 2);
    expect(wanted[0]).toEqual(['game', 'v1']);
    expect(told.slice(0, 2)).toEqual(['grow game 2', 'look game']);
  });

  it('gives orders under its epoch: an empty node that drains is taken back when there are too few', async () => {
    const { told } = setUp([node('a', 'open'), node('b', 'draining')]);
    await eventually('it is taken back', () => told.length > 0);
    expect(told[0]).toBe('undrain b 7');
  });

  it('seals no node before the tickets for it have run out, however short the drain may be (S1)', async () => {
    const { told, events } = setUp([node('a', 'open'), node('b', 'open'), node('c', 'draining')]);
    await eventually('it has decided', () => events.some(({ kind }) => kind === 'scaling-unchanged'));
    const since = performance.now();
    await eventually('some decisions later', () => performance.now() > since + 300);
    expect(told).toEqual([]);
  });
});
