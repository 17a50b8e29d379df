import { describe, expect, it } from '@jest/globals';
import { AGENT_PROTOCOL, type RoomReport } from '../../../../runtime/core/protocol/agent';
import type { ClusterSnapshot } from '../../../../runtime/core/snapshot';
import { FleetRefusal } from '../../../../runtime/fleet/port';
import { eventually } from '../../../support/eventually';
import { FakeRegistry } from '../support';
import { harness } from './watch-harness';

const room = (roomId: string, over: Partial<RoomReport> = {}): RoomReport => ({
  ...{ roomId, gen: 1, mode: 'battle', status: 'forming', members: ['p1', 'p2'] },
  ...over,
});

const order = (kind: 'drain' | 'seal') => ({ v: AGENT_PROTOCOL, kind, epoch: 7 }) as const;

describe('an order', () => {
  it('is believed when it is obeyed, and written, without waiting for the next poll (S7)', async () => {
    const { watch, view, green, registry, find } = harness(['a', 'b'], { pollMs: 2_000 });
    await green('a', 'b');
    await eventually('all is written', () => registry.stored.size === 2);
    const polls = find('a').polls;
    expect(await watch.order('game', 'a', order('drain'), 500)).toMatchObject({ ok: true, phase: 'draining' });
    expect([view.node('game', 'a')?.phase, view.joinable('game', 'a', 's1')]).toEqual(['draining', false]);
    await eventually('it is written', () => registry.stored.get('a')?.standing === 'draining');
    expect(find('a').polls).toBe(polls);
  });

  it('cannot be given to a node or a cluster that is not there', async () => {
    const { watch, green } = harness(['a']);
    await green('a');
    await expect(watch.order('game', 'x', order('drain'), 500)).rejects.toThrow('no channel');
    await expect(watch.order('chat', 'a', order('drain'), 500)).rejects.toThrow('cluster chat is not watched');
  });
});

describe('a sealed node', () => {
  it('goes without alarm, as soon as the fleet was told', async () => {
    const { watch, green, fleet, find, kinds } = harness(['a', 'b', 'c'], { pollMs: 300 });
    await green('a', 'b', 'c');
    await watch.order('game', 'a', order('seal'), 500);
    find('a').lose();
    fleet.instances = fleet.instances.filter(({ nodeId }) => nodeId !== 'a');
    watch.look('game');
    await eventually('it is gone', () => kinds().includes('node-removed a'));
    expect(kinds().filter((kind) => kind.endsWith(' a'))).toEqual(['node-green a', 'node-removed a']);
  });
});

describe('a cluster that is well', () => {
  it('is seen and written: who answers, how full, how fit', async () => {
    const { find, view, green, registry, watch, kinds } = harness(['a', 'b']);
    expect(watch.trouble()).toBe('game: the fleet has not listed its instances yet');
    expect(view.snapshot('game')).toBeUndefined();
    find('a').sessions = 5;
    find('b').phase = 'draining';
    await green('a', 'b');
    expect(view.node('game', 'a')).toMatchObject({
      ...{ startId: 's1', endpoint: 'http://a', zone: 'a', version: 'v1', sessions: 5, connections: 5, capacity: 100 },
      ...{ weight: 100, window: 64, silentMs: 0, launchedAtMs: 1_000 },
    });
    await eventually('it is written', () => registry.stored.get('b')?.standing === 'draining');
    expect(registry.stored.get('a')).toMatchObject({ standing: 'green', sessions: 5, weight: 100, startId: 's1' });
    await eventually('the pending come back', () => view.node('game', 'a')?.pending === 3);
    expect(watch.trouble()).toBeNull();
    expect(kinds().sort()).toEqual(['node-green a', 'node-green b']);
    expect([view.joinable('game', 'a', 's1'), view.joinable('game', 'a', 's0')]).toEqual([true, false]);
    expect([view.joinable('game', 'b', 's1'), view.excluded('game')]).toEqual([false, []]);
    expect([view.clusters(), view.excluded('chat'), view.snapshot('chat')]).toEqual([['game'], [], undefined]);
  });

  it('spreads the polls over the period', async () => {
    const many = Array.from({ length: 20 }, (_, index) => `n${index}`);
    const { nodes, green, ticks } = harness(many, { pollMs: 200 });
    await green(...many);
    // The owner asks for everything at first, which is not on the beat.
    await ticks(2);
    const turns = new Set<number>();
    const before = new Map(nodes.map((node) => [node, node.polls]));
    let turn = 0;
    await eventually('each was polled once more', () => {
      turn += 1;
      for (const node of nodes) if (node.polls !== before.get(node)) turns.add(turn);
      return nodes.every((node) => node.polls > (before.get(node) ?? 0));
    });
    expect(turns.size).toBeGreaterThan(4);
  });

  it('gives a node that lags less, and one that absorbs its joins a larger window', async () => {
    const { find, view, green, registry, ticks } = harness(['a', 'b', 'c']);
    await green('a', 'b', 'c');
    // What comes with a full answer is no news, and the first two answers are full.
    await ticks(3);
    find('c').loopDelayMs = 2_000;
    find('a').arrivals = ['r1', 'r2', 'r3'];
    await eventually('the weight falls', () => (view.node('game', 'c')?.weight ?? 100) < 20);
    await eventually('the window grows', () => view.node('game', 'a')?.window === 67);
    registry.expired.set('a', 2);
    await eventually('the window halves', () => view.node('game', 'a')?.window === 33);
    expect(registry.arrivals).toEqual(['r1', 'r2', 'r3']);
    expect(view.node('game', 'b')?.window).toBe(64);
  });

  it('gives each snapshot to all who listen, and ends with the watch', async () => {
    const { watch, view, green } = harness(['a']);
    const seen: ClusterSnapshot[] = [];
    let ended = false;
    view.snapshots$.subscribe({ next: (snapshot) => seen.push(snapshot), complete: () => (ended = true) });
    await green('a');
    expect(seen.at(-1)).toBe(view.snapshot('game'));
    watch.stop();
    expect(ended).toBe(true);
  });
});

describe('a node in trouble', () => {
  it('takes no joins from the moment its channel breaks, long before the next tick', async () => {
    const { find, view, green, registry, health, events } = harness(['a', 'b', 'c'], { pollMs: 4_000 });
    await green('a', 'b', 'c');
    find('a').lose();
    await eventually('it is suspect', () => health('a') === 'suspect', 3_000);
    expect(view.joinable('game', 'a', 's1')).toBe(false);
    expect(view.excluded('game')).toEqual(['a']);
    await eventually('the registry knows', () => registry.suspended.includes('a'), 3_000);
    expect(events.after(0, 100).at(-1)).toMatchObject({
      kind: 'node-suspect',
      nodeId: 'a',
      reason: 'its channel broke',
    });
  });

  it('takes none from its first missed poll when it hangs, is red in time, and is reported once', async () => {
    const { find, green, registry, health, fleet, kinds, ticks } = harness(['a', 'b', 'c']);
    await green('a', 'b', 'c');
    find('a').mode = 'hung';
    await eventually('it is suspect', () => health('a') === 'suspect');
    await eventually('the registry knows', () => registry.stored.get('a')?.standing === 'suspect');
    await eventually('it is red', () => health('a') === 'red');
    await eventually('it is out of the registry', () => !registry.stored.has('a'));
    await ticks(5);
    expect(fleet.unhealthy).toEqual(['a']);
    expect(kinds().slice(3)).toEqual(['node-suspect a', 'node-red a', 'node-evicted a']);
    find('a').mode = 'answers';
    await ticks(5);
    expect(health('a')).toBe('red');
  });

  it('comes back when it answers again', async () => {
    const { find, green, registry, health, kinds } = harness(['a', 'b', 'c']);
    await green('a', 'b', 'c');
    find('a').mode = 'hung';
    await eventually('it is suspect', () => health('a') === 'suspect');
    find('a').mode = 'answers';
    await green('a');
    await eventually('the registry knows', () => registry.stored.get('a')?.standing === 'green');
    expect(kinds().slice(3)).toEqual(['node-suspect a', 'node-green a']);
  });

  it('is not reported while the registry does not say that we are still the owner, nor while the peer hears it', async () => {
    let heardByPeer = true;
    const { find, green, registry, health, fleet, ticks } = harness(['a', 'b', 'c'], {
      mayReplace: () => !heardByPeer,
    });
    await green('a', 'b', 'c');
    find('a').mode = 'hung';
    await eventually('it is red', () => health('a') === 'red');
    await ticks(3);
    registry.mode = 'down';
    heardByPeer = false;
    await ticks(5);
    expect(fleet.unhealthy).toEqual([]);
    registry.mode = 'works';
    await eventually('it is reported', () => fleet.unhealthy.includes('a'));
  });

  it('is not reported when it answers while the registry is asked (S1)', async () => {
    const registry = new FakeRegistry();
    let pass = (): void => {};
    let asked = false;
    const gate = new Promise<void>((resolve) => {
      pass = resolve;
    });
    const seats = {
      ...registry.seats,
      suspend: async (nodeId: string, epoch: number) => {
        // At first it is only taken out of the joins.
        asked ||= kinds().includes(`node-red ${nodeId}`);
        if (asked) await gate;
        await registry.seats.suspend(nodeId, epoch);
      },
    };
    const { find, green, kinds, fleet, ticks } = harness(['a', 'b', 'c'], {
      clusters: new Map([['game', { seats }]]),
    });
    await green('a', 'b', 'c');
    find('a').mode = 'hung';
    await eventually('the registry is asked', () => asked, 10_000);
    const polls = find('a').polls;
    find('a').mode = 'answers';
    // The first of them may still hang, the next is answered.
    await eventually('it has answered', () => find('a').polls >= polls + 3, 10_000);
    pass();
    await ticks(3);
    expect(fleet.unhealthy).toEqual([]);
    await green('a');
  });

  it('is reported again while the fleet refuses, and may come back until it was', async () => {
    const { find, green, health, fleet } = harness(['a', 'b', 'c']);
    await green('a', 'b', 'c');
    fleet.failure = new FleetRefusal('throttled');
    find('a').mode = 'hung';
    await eventually('it was tried twice', () => fleet.unhealthy.length >= 2, 10_000);
    expect(health('a')).toBe('red');
    find('a').mode = 'answers';
    await green('a');
  });

  it('is forgotten when the fleet no longer lists it; a list that cannot be had changes nothing', async () => {
    const { fleet, green, health, find, registry, kinds, ticks } = harness(['a', 'b']);
    await green('a', 'b');
    fleet.failure = new Error('no network');
    await ticks(3);
    expect([health('a'), health('b')]).toEqual(['green', 'green']);
    fleet.failure = null;
    fleet.instances = fleet.instances.map((each) => (each.nodeId === 'a' ? { ...each, state: 'terminating' } : each));
    await eventually('a is gone', () => health('a') === undefined);
    await eventually('the registry knows', () => !registry.stored.has('a'));
    expect([find('a').closed, find('b').closed]).toEqual([1, 0]);
    expect(kinds()).toContain('node-evicted a');
    expect(fleet.unhealthy).toEqual([]);
  });

  it('has lost its sessions when its process started anew', async () => {
    const { find, green, registry, kinds } = harness(['a']);
    find('a').arrivals = ['old'];
    await green('a');
    find('a').startId = 's2';
    await eventually('the registry knows', () => registry.stored.get('a')?.startId === 's2');
    expect(kinds()).toEqual(['node-green a', 'node-evicted a']);
  });

  it('is held, not evicted, when most others are silent too (S8)', async () => {
    const { nodes, view, green, registry, health, fleet, kinds, ticks } = harness(['a', 'b', 'c']);
    await green('a', 'b', 'c');
    for (const node of nodes) node.lose();
    await eventually('all are held', () => ['a', 'b', 'c'].every((nodeId) => health(nodeId) === 'held'));
    expect(view.snapshot('game')?.massFailure).toBe(true);
    expect(view.joinable('game', 'a', 's1')).toBe(true);
    await ticks(20);
    expect([...registry.stored.values()].map(({ standing }) => standing)).toEqual(['held', 'held', 'held']);
    expect(fleet.unhealthy).toEqual([]);
    for (const node of nodes) node.mode = 'answers';
    await green('a', 'b', 'c');
    expect(kinds()).toContain('mass-failure-began');
    expect(kinds()).toContain('mass-failure-ended');
    expect(kinds()).not.toContain('node-evicted a');
  });
});

describe('a registry in trouble', () => {
  it('stops neither polls nor judgement; what was reported meanwhile is written when it is back', async () => {
    const { find, green, registry, health, kinds, watch } = harness(['a', 'b', 'c']);
    await green('a', 'b', 'c');
    await eventually('it is written', () => registry.stored.size === 3);
    registry.mode = 'down';
    await eventually('it is noticed', () => watch.trouble());
    find('a').arrivals = ['r1'];
    find('a').rooms = [room('m1', { status: 'complete' })];
    find('b').mode = 'hung';
    await eventually('b is red', () => health('b') === 'red');
    expect(registry.arrivals).toEqual([]);
    registry.mode = 'works';
    await eventually('the arrival is written', () => registry.arrivals.includes('r1'));
    await eventually('the room is written', () => registry.completed.includes('m1'));
    expect(kinds().filter((kind) => kind.startsWith('registry'))).toEqual(['registry-unavailable', 'registry-back']);
    expect(watch.trouble()).toBeNull();
    // Once at the start, and once more as the registry may have lost what it knew.
    expect(find('a').resyncs).toBe(2);
  });

  it('that hangs delays nothing, and gets one write at a time', async () => {
    const { find, green, registry, health, ticks } = harness(['a', 'b', 'c']);
    registry.mode = 'hangs';
    await green('a', 'b', 'c');
    find('a').mode = 'hung';
    await eventually('a is red', () => health('a') === 'red');
    await ticks(5);
    expect(registry.mostInFlight).toBeLessThanOrEqual(1);
  });

  it('still knows a node that does not answer us who have just started: silent, not forgotten', async () => {
    const first = harness(['a', 'b', 'c']);
    await first.green('a', 'b', 'c');
    await eventually('it is written', () => first.registry.stored.size === 3);
    first.watch.stop();
    const second = harness(['a', 'b', 'c'], { clusters: new Map([['game', first.registry]]) });
    second.find('a').mode = 'hung';
    await second.green('b', 'c');
    await eventually('a is suspect', () => second.health('a') === 'suspect');
    expect(first.registry.stored.get('a')).toMatchObject({ startId: 's1', capacity: 100 });
    await eventually('a is red', () => second.health('a') === 'red');
    expect(second.fleet.unhealthy).toEqual(['a']);
  });

  it('is not written before every listed node was looked at, so that a start of ours wipes nothing', async () => {
    const many = Array.from({ length: 70 }, (_, index) => `n${index}`);
    const first = harness(many);
    await eventually('all are written', () => first.registry.stored.size === many.length);
    first.watch.stop();
    first.registry.firstSize = null;
    harness(many, { clusters: new Map([['game', first.registry]]) });
    expect(await eventually('it is written again', () => first.registry.firstSize)).toBe(many.length);
  });

  it('that another balancer owns is not written, and the fleet gets no orders; on taking over, all is asked for', async () => {
    let epoch: number | null = null;
    const { find, green, registry, health, fleet, ticks } = harness(['a', 'b', 'c'], {
      ownership: { epoch: () => epoch },
    });
    await green('a', 'b', 'c');
    find('b').mode = 'hung';
    await eventually('b is red', () => health('b') === 'red');
    find('a').arrivals = ['told before'];
    await ticks(5);
    expect([registry.refreshes, registry.suspended, fleet.unhealthy]).toEqual([0, [], []]);
    epoch = 8;
    await eventually('it is written', () => registry.refreshes > 0);
    expect(find('a').resyncs).toBe(1);
    expect(registry.arrivals).toEqual([]);
    await eventually('b is reported', () => fleet.unhealthy.includes('b'));
  });
});

describe('rooms', () => {
  it('are written: complete ones stay, closed ones release their members, those that moved do not', async () => {
    const { find, green, registry } = harness(['a']);
    await green('a');
    find('a').rooms = [
      room('forming'),
      room('complete', { status: 'complete' }),
      room('empty', { status: 'closed', reason: 'empty' }),
      room('incomplete', { status: 'closed', reason: 'incomplete' }),
      room('ended', { status: 'closed', reason: 'ended' }),
      room('moved', { status: 'closed', reason: 'moved' }),
    ];
    await eventually('they are written', () => registry.reports.length === 6);
    await eventually('the members are free', () => registry.released.length === 3);
    // What was played is not dissolved, also when it became complete and was over between two polls.
    expect(registry.completed.sort()).toEqual(['complete', 'empty', 'ended']);
    expect(registry.released.sort()).toEqual(['empty', 'ended', 'incomplete']);
  });

  it('that live elsewhere are closed, and their members stay theirs', async () => {
    const { find, green, registry } = harness(['a']);
    await green('a');
    registry.staleRooms.add('old').add('over');
    find('a').rooms = [room('old', { status: 'complete' }), room('over', { status: 'closed', reason: 'empty' })];
    await eventually('the order is given', () => find('a').orders.length > 0);
    expect(find('a').orders).toEqual([{ v: 1, kind: 'closeRoom', epoch: 7, roomId: 'old', gen: 1 }]);
    expect([registry.completed, registry.released]).toEqual([[], []]);
  });

  it('that the registry has lost are asked for again, at once, until every node that answers has told all of its own', async () => {
    const { find, green, registry, kinds } = harness(['a', 'b', 'c'], { pollMs: 200, redAfterMs: 5_000 });
    await green('a', 'b', 'c');
    await eventually('all is written', () => registry.stored.size === 3);
    find('c').mode = 'hung';
    await eventually('c is suspect', () => kinds().includes('node-suspect c'));
    const before = find('a').resyncs;
    find('a').live = [room('r1', { status: 'complete', gone: ['p2'] })];
    registry.gathered = false;
    await eventually('it knows all rooms', () => registry.gathered);
    expect(find('a').resyncs).toBeGreaterThan(before);
    expect(registry.restored).toEqual([
      { roomId: 'r1', mode: 'battle', members: ['p1', 'p2'], playing: ['p1'], complete: true },
    ]);
    await eventually('it is told', () => kinds().includes('rooms-known'));
    expect(kinds().filter((kind) => kind.startsWith('rooms'))).toEqual(['rooms-missing', 'rooms-known']);
  });
});
