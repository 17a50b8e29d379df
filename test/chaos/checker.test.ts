import { describe, expect, it } from '@jest/globals';
import { check } from './checker';
import type { Entry, Of } from './history';

/** What entries of these histories mostly are; each test says what matters to it. Times in milliseconds. */
const BEGIN: Entry = {
  ...{ t: 0, kind: 'begin', redAfterMs: 8_000, graceMs: 15_000, pollMs: 1_000 },
  ...{ inCooldownMs: 6_000, outCooldownMs: 4_000, roomSize: 4 },
};
const A = 'balancer-a-1';
const B = 'balancer-b-1';

const processEntry = (t: number, nodeId: string, what: Of<'process'>['what']): Entry => ({
  ...{ t, kind: 'process', what, nodeId, group: nodeId.replace(/-\d+$/, '') },
});
const started = (t: number, nodeId: string): Entry => processEntry(t, nodeId, 'started');
const ended = (t: number, nodeId: string): Entry => processEntry(t, nodeId, 'ended');
const demanded = (t: number, nodeId: string, what: 'terminate' | 'unhealthy'): Entry => processEntry(t, nodeId, what);
const stats = (t: number, nodeId: string, over: Partial<Of<'stats'>> = {}): Entry => ({
  ...{ t, kind: 'stats', by: A, nodeId, startId: 's1', phase: 'open', epoch: 1, sessions: 0, tookMs: 5 },
  ...over,
});
const obeyed = (t: number, nodeId: string, order: string, over: Partial<Of<'obeyed'>> = {}): Entry => ({
  ...{ t, kind: 'obeyed', by: A, nodeId, order, epoch: 1, ...over },
});
const ordered = (t: number, nodeId: string, order: string): Entry => ({
  ...{ t, kind: 'ordered', by: A, nodeId, order, epoch: 1 },
});
const assigned = (t: number, playerId: string, nodeId: string, over: Partial<Of<'assigned'>> = {}): Entry => ({
  ...{ t, kind: 'assigned', playerId, role: 'lobby', nodeId, startId: 's1', askedT: t, untilT: t + 15_000, room: null },
  ...over,
});
const inRoom = (t: number, playerId: string, nodeId: string, id: string, gen: number, startId = 's1'): Entry =>
  assigned(t, playerId, nodeId, { role: 'game', room: { id, gen }, startId });
const opened = (t: number, playerId: string, nodeId: string): Entry => ({
  ...{ t, kind: 'opened', playerId, role: 'lobby', nodeId },
});
const closed = (t: number, playerId: string, nodeId: string, reason: string): Entry => ({
  ...{ t, kind: 'closed', playerId, role: 'lobby', nodeId, wanted: reason === 'io client disconnect', reason },
});
const matched = (t: number, playerId: string, roomId: string, members: string): Entry => ({
  ...{ t, kind: 'matched', playerId, roomId, members: members.split(' ') },
});
const complete = (t: number, playerId: string, roomId: string): Entry => ({
  ...{ t, kind: 'complete', playerId, roomId, gen: 1, nodeId: 'game-1' },
});
const player = (t: number, playerId: string, what: Of<'player'>['what']): Entry => ({
  ...{ t, kind: 'player', playerId, what, reason: 'DEADLINE' },
});
const lease = (t: number, owner: string | null, epoch: number | null, cluster = 'game'): Entry => ({
  ...{ t, kind: 'lease', cluster, owner, epoch },
});
const fleet = (t: number, by: string, what: Of<'fleet'>['what'], over: Partial<Of<'fleet'>> = {}): Entry => ({
  ...{ t, kind: 'fleet', by, what, cluster: 'game', ...over },
});
const fault = (t: number, ...touches: string[]): Entry => ({ t, kind: 'fault', id: t, what: 'kill', touches });
const healed = (t: number, id: number): Entry => ({ t, kind: 'healed', id });

/** Answers of a node, one a second, in between. */
const answering = (nodeId: string, fromT: number, untilT: number, over: Partial<Of<'stats'>> = {}): Entry[] =>
  Array.from({ length: Math.floor((untilT - fromT) / 1_000) + 1 }, (_, i) => stats(fromT + i * 1_000, nodeId, over));

/** The rules that are broken, each once. */
function broken(...entries: readonly (Entry | readonly Entry[])[]): string[] {
  const sorted = entries.flat().sort((one, other) => one.t - other.t);
  return [...new Set(check([BEGIN, ...sorted]).map(({ rule }) => rule))];
}

describe('S1: nobody is cut off', () => {
  const node = [started(0, 'game-1'), ...answering('game-1', 1_000, 9_000, { phase: 'draining' })];
  const end = [obeyed(9_100, 'game-1', 'seal'), demanded(10_000, 'game-1', 'terminate')];

  it('a node ends while a ticket for it is good', () => {
    expect(broken(node, assigned(5_000, 'p1', 'game-1'), end)).toEqual(['S1']);
    expect(broken(node, assigned(5_000, 'p1', 'game-1', { untilT: 9_900 }), end)).toEqual([]);
  });

  it('a node ends while a player is connected', () => {
    const there = [assigned(2_000, 'p1', 'game-1'), opened(2_100, 'p1', 'game-1')];
    expect(broken(node, there, end)).toEqual(['S1']);
    expect(broken(node, there, closed(9_000, 'p1', 'game-1', 'io client disconnect'), end)).toEqual([]);
  });

  it('a node ends while a player who lost the connection may come back', () => {
    const there = [assigned(2_000, 'p1', 'game-1'), opened(2_100, 'p1', 'game-1')];
    const lost = [fault(2_900, 'game-1'), closed(3_000, 'p1', 'game-1', 'transport close')];
    expect(broken(node, there, lost, end)).toEqual(['S1']);
    const late = [...answering('game-1', 10_000, 18_000), obeyed(18_050, 'game-1', 'seal')];
    expect(broken(node, there, lost, late, demanded(18_100, 'game-1', 'terminate'))).toEqual([]);
  });

  it('a node ends that has just said to have sessions', () => {
    expect(broken(node, stats(9_500, 'game-1', { sessions: 1 }), end)).toEqual(['S1']);
    expect(broken(node, stats(9_500, 'game-1', { sessions: 0 }), end)).toEqual([]);
  });

  it('a silent node ends before it was silent to both for long enough', () => {
    const there = [started(0, 'game-1'), assigned(2_000, 'p1', 'game-1'), opened(2_100, 'p1', 'game-1')];
    const heardByBoth = [...answering('game-1', 1_000, 3_000), stats(6_000, 'game-1', { by: B })];
    const heardByOne = answering('game-1', 1_000, 3_000);
    expect(broken(there, heardByBoth, demanded(11_000, 'game-1', 'unhealthy'))).toContain('S1');
    expect(broken(there, heardByOne, demanded(11_000, 'game-1', 'unhealthy'))).toEqual([]);
    // An answer that comes too late is none; one that comes while the order is under way is too late, too.
    const late = answering('game-1', 4_000, 10_000, { tookMs: 2_000 });
    expect(broken(there, heardByOne, late, demanded(11_000, 'game-1', 'unhealthy'))).toEqual([]);
    expect(broken(there, heardByOne, stats(10_500, 'game-1'), demanded(11_000, 'game-1', 'unhealthy'))).toEqual([]);
    expect(broken(there, heardByOne, stats(8_500, 'game-1'), demanded(11_000, 'game-1', 'unhealthy'))).toContain('S1');
  });
});

describe('S2: rooms stay together', () => {
  const nodes = [started(0, 'game-1'), started(0, 'game-2')];
  const alive = [...answering('game-1', 1_000, 30_000), ...answering('game-2', 1_000, 30_000)];

  it('two members are sent to different nodes', () => {
    const first = inRoom(5_000, 'p1', 'game-1', 'r', 1);
    expect(broken(nodes, alive, first, inRoom(5_100, 'p2', 'game-2', 'r', 1))).toEqual(['S2']);
    expect(broken(nodes, alive, first, inRoom(5_100, 'p2', 'game-1', 'r', 1))).toEqual([]);
  });

  it('two members are sent to different starts of one node', () => {
    const first = inRoom(5_000, 'p1', 'game-1', 'r', 1);
    expect(broken(nodes, alive, first, inRoom(5_100, 'p2', 'game-1', 'r', 1, 's2'))).toEqual(['S2']);
  });

  it('a room moves although its node lives', () => {
    const rooms = [inRoom(5_000, 'p1', 'game-1', 'r', 1), inRoom(20_000, 'p1', 'game-2', 'r', 2)];
    expect(broken(nodes, alive, rooms)).toEqual(['S2']);
    expect(broken(nodes, alive, rooms, ended(19_000, 'game-1'))).toEqual([]);
    const silent = [...answering('game-1', 1_000, 6_000), ...answering('game-2', 1_000, 30_000)];
    expect(broken(nodes, silent, rooms)).toEqual([]);
    // It was given up, and has come back.
    expect(broken(nodes, silent, answering('game-1', 15_000, 30_000), rooms)).toEqual([]);
    expect(broken(nodes, silent, answering('game-1', 9_000, 30_000), rooms)).toEqual(['S2']);
  });
});

describe('S3: one room each', () => {
  it('a room is too large, too small, or has somebody twice', () => {
    expect(broken(matched(1_000, 'p1', 'r', 'p1 p2 p3 p4'))).toEqual([]);
    expect(broken(matched(1_000, 'p1', 'r', 'p1 p2 p3'))).toEqual(['S3']);
    expect(broken(matched(1_000, 'p1', 'r', 'p1 p2 p3 p4 p5'))).toEqual(['S3']);
    expect(broken(matched(1_000, 'p1', 'r', 'p1 p2 p3 p3'))).toEqual(['S3']);
  });

  it('members are told different things', () => {
    const first = matched(1_000, 'p1', 'r', 'p1 p2 p3 p4');
    expect(broken(first, matched(1_000, 'p2', 'r', 'p1 p2 p3 p5'))).toEqual(['S3']);
    expect(broken(first, matched(1_000, 'p2', 'r', 'p4 p3 p2 p1'))).toEqual([]);
  });

  it('somebody who plays is matched again', () => {
    const first = [matched(1_000, 'p1', 'r', 'p1 p2 p3 p4'), complete(2_000, 'p1', 'r')];
    const again = matched(9_000, 'p9', 'other', 'p1 p9 p8 p7');
    expect(broken(first, again)).toEqual(['S3']);
    expect(broken(first, player(8_000, 'p1', 'finished'), again)).toEqual([]);
    expect(broken(first, { t: 8_000, kind: 'left', playerId: 'p1', roomId: 'r' }, again)).toEqual([]);
  });
});

describe('S4: one owner', () => {
  const node = [started(0, 'game-1'), stats(1_000, 'game-1', { epoch: 5 })];

  it('a node obeys an older owner', () => {
    expect(broken(node, obeyed(2_000, 'game-1', 'drain', { epoch: 4 }))).toEqual(['S4']);
    expect(broken(node, obeyed(2_000, 'game-1', 'drain', { epoch: 5 }))).toEqual([]);
    const anew = stats(1_500, 'game-1', { startId: 's2', epoch: 0 });
    expect(broken(node, anew, obeyed(2_000, 'game-1', 'drain', { epoch: 4 }))).toEqual([]);
  });

  it('the registry takes a write of an older owner', () => {
    const write = { by: A, cluster: 'game', epoch: 4 };
    const newer: Entry[] = [
      { t: 1_000, kind: 'writes', ...write, by: B, epoch: 5 },
      { t: 1_100, kind: 'written', ...write, by: B, epoch: 5, taken: true },
    ];
    const begun = (t: number): Entry => ({ t, kind: 'writes', ...write });
    const answered = (taken: boolean): Entry => ({ t: 2_000, kind: 'written', ...write, taken });
    expect(broken(newer, begun(1_500), answered(true))).toEqual(['S4']);
    expect(broken(newer, begun(1_500), answered(false))).toEqual([]);
    // Both were under way.
    expect(broken(newer, begun(1_050), answered(true))).toEqual([]);
    expect(broken(newer, fault(1_400, 'redis'), begun(1_500), answered(true))).toEqual([]);
  });

  it('an epoch is given twice, or an older one', () => {
    expect(broken(lease(1_000, `${A}/x`, 5), lease(2_000, `${B}/y`, 5))).toEqual(['S4']);
    expect(broken(lease(1_000, `${A}/x`, 5), lease(1_500, null, null), lease(2_000, `${B}/y`, 4))).toEqual(['S4']);
    expect(broken(lease(1_000, `${A}/x`, 5), lease(1_500, null, null), lease(2_000, `${B}/y`, 6))).toEqual([]);
    // Seen again, as Redis did not answer in between.
    expect(broken(lease(1_000, `${A}/x`, 5), lease(1_500, null, null), lease(2_000, `${A}/x`, 5))).toEqual([]);
  });

  it('a node that is neither sealed nor silent is ended', () => {
    const alive = [started(0, 'game-1'), ...answering('game-1', 1_000, 9_000)];
    expect(broken(alive, demanded(9_500, 'game-1', 'unhealthy'))).toEqual(['S4']);
    expect(broken(alive, obeyed(9_200, 'game-1', 'seal'), demanded(9_500, 'game-1', 'terminate'))).toEqual([]);
    expect(broken(alive, demanded(16_000, 'game-1', 'unhealthy'))).toEqual([]);
    expect(broken(started(0, 'game-1'), demanded(31_000, 'game-1', 'unhealthy'))).toEqual([]);
  });

  it('a balancer that does not own the cluster makes it grow', () => {
    const owners = [lease(1_000, `${A}/x`, 5), lease(10_000, `${B}/y`, 6)];
    expect(broken(owners, fleet(20_000, A, 'grow', { size: 5 }))).toEqual(['S4']);
    expect(broken(owners, fleet(20_000, B, 'grow', { size: 5 }))).toEqual([]);
    expect(broken(owners, fleet(9_000, A, 'grow', { size: 5 }))).toEqual([]);
    expect(broken(owners, fleet(11_000, A, 'grow', { size: 5 }))).toEqual([]);
    expect(broken(owners, fault(5_000, A), healed(19_500, 5_000), fleet(20_000, A, 'grow', { size: 5 }))).toEqual([]);
  });
});

describe('S5: cooldowns', () => {
  const nodes = [started(0, 'game-1'), started(0, 'game-2')];

  it('two scale-ins come too soon after each other, also of two owners', () => {
    const first = ordered(10_000, 'game-1', 'drain');
    expect(broken(nodes, first, ordered(14_000, 'game-2', 'drain'))).toEqual(['S5']);
    expect(broken(nodes, first, ordered(16_000, 'game-2', 'drain'))).toEqual([]);
    expect(broken(nodes, first, ordered(10_300, 'game-2', 'drain'))).toEqual([]);
    expect(broken(nodes, first, ordered(14_000, 'game-1', 'drain'))).toEqual([]);
  });

  it('two scale-outs come too soon after each other, and no rule was urgent', () => {
    const owner = lease(1_000, `${A}/x`, 5);
    const first = fleet(10_000, A, 'grow', { size: 5 });
    const next = fleet(12_000, A, 'grow', { size: 6 });
    expect(broken(owner, first, next)).toEqual(['S5']);
    expect(broken(owner, first, fleet(12_000, A, 'grow', { size: 5 }))).toEqual([]);
    expect(broken(owner, first, fleet(14_000, A, 'grow', { size: 6 }))).toEqual([]);
    const urgent: Entry = {
      ...{ t: 12_100, kind: 'event', by: A, what: 'scaling-grow', cluster: 'game' },
      reason: 'emergency: from 5 to 6 instances',
    };
    expect(broken(owner, first, next, urgent)).toEqual([]);
  });
});

describe('S6: tickets', () => {
  it('somebody gets in without one', () => {
    const knocked = (letIn: boolean): Entry => ({ t: 1, kind: 'knocked', nodeId: 'game-1', with: 'nothing', letIn });
    expect(broken(knocked(true))).toEqual(['S6']);
    expect(broken(knocked(false))).toEqual([]);
  });
});

describe('S7: good nodes only', () => {
  const alive = [started(0, 'lobby-1'), ...answering('lobby-1', 1_000, 20_000)];

  it('somebody is sent to a draining node', () => {
    const drained = obeyed(5_000, 'lobby-1', 'drain');
    expect(broken(alive, drained, assigned(6_000, 'p1', 'lobby-1'))).toEqual(['S7']);
    // The answer was on its way.
    expect(broken(alive, drained, assigned(6_000, 'p1', 'lobby-1', { askedT: 4_990 }))).toEqual([]);
    const back = obeyed(5_500, 'lobby-1', 'undrain');
    expect(broken(alive, drained, back, assigned(6_000, 'p1', 'lobby-1'))).toEqual([]);
  });

  it('a member may follow the room to a draining node', () => {
    const drained = obeyed(5_000, 'lobby-1', 'drain');
    const late = inRoom(6_000, 'p2', 'lobby-1', 'r', 1);
    expect(broken(alive, drained, late)).toEqual(['S7']);
    expect(broken(alive, inRoom(4_000, 'p1', 'lobby-1', 'r', 1), drained, late)).toEqual([]);
  });

  it('somebody is sent to a node that is gone for more than two seconds', () => {
    expect(broken(alive, ended(10_000, 'lobby-1'), assigned(12_500, 'p1', 'lobby-1'))).toEqual(['S7']);
    expect(broken(alive, ended(10_000, 'lobby-1'), assigned(11_500, 'p1', 'lobby-1'))).toEqual([]);
    const heldUp = [fault(9_000, 'balancer-a'), healed(11_000, 9_000)];
    expect(broken(alive, ended(10_000, 'lobby-1'), heldUp, assigned(12_500, 'p1', 'lobby-1'))).toEqual([]);
    expect(broken(alive, ended(10_000, 'lobby-1'), heldUp, assigned(13_500, 'p1', 'lobby-1'))).toEqual(['S7']);
  });

  it('somebody is sent to a silent node, and not all are silent', () => {
    const silent = [started(0, 'lobby-1'), ...answering('lobby-1', 1_000, 5_000)];
    const others = ['lobby-2', 'lobby-3'].flatMap((id) => [started(0, id), ...answering(id, 1_000, 20_000)]);
    expect(broken(silent, others, assigned(9_000, 'p1', 'lobby-1'))).toEqual(['S7']);
    expect(broken(silent, others, assigned(7_500, 'p1', 'lobby-1'))).toEqual([]);
    expect(broken(silent, others, { t: 8_500, kind: 'lag', ms: 2_000 }, assigned(9_000, 'p1', 'lobby-1'))).toEqual([]);
    const told = (t: number, what: string): Entry => ({
      ...{ t, kind: 'event', by: A, what, cluster: 'lobby', reason: '' },
    });
    const failure = [told(7_000, 'mass-failure-began'), told(8_000, 'mass-failure-ended')];
    expect(broken(silent, others, failure, assigned(9_000, 'p1', 'lobby-1'))).toEqual([]);
    expect(broken(silent, others, failure, assigned(12_000, 'p1', 'lobby-1'))).toEqual(['S7']);
  });
});

describe('S8: a mass failure', () => {
  it('a node is given up while most are silent', () => {
    const silent = ['game-1', 'game-2'].flatMap((id) => [started(0, id), ...answering(id, 1_000, 3_000)]);
    const third = [started(0, 'game-3'), ...answering('game-3', 1_000, 20_000)];
    const more = ['game-4', 'game-5'].flatMap((id) => [started(0, id), ...answering(id, 1_000, 20_000)]);
    const givenUp = fleet(12_000, A, 'unhealthy', { nodeId: 'game-1' });
    expect(broken(silent, third, givenUp)).toEqual(['S8']);
    expect(broken(silent, third, more, givenUp)).toEqual([]);
    const toOne = ['game-1', 'game-2'].flatMap((id) => answering(id, 4_000, 12_000, { by: B }));
    expect(broken(silent, toOne, third, givenUp)).toEqual(['S8']);
  });
});

describe('players', () => {
  it('one fails, and nothing on its way was broken', () => {
    const way = [player(1_000, 'p1', 'begins'), assigned(2_000, 'p1', 'lobby-1'), player(90_000, 'p1', 'failed')];
    const alive = [started(0, 'lobby-1'), ...answering('lobby-1', 1_000, 3_000)];
    expect(broken(alive, way)).toEqual(['players']);
    expect(broken(alive, way, fault(50_000, 'lobby-2'), healed(50_000, 50_000))).toEqual(['players']);
    expect(broken(alive, way, fault(50_000, 'lobby-1'), healed(50_000, 50_000))).toEqual([]);
    expect(broken(alive, way, fault(50_000, 'redis'), healed(50_000, 50_000))).toEqual([]);
  });

  it('a connection breaks by itself', () => {
    const alive = [started(0, 'lobby-1'), ...answering('lobby-1', 1_000, 30_000)];
    const there = [assigned(2_000, 'p1', 'lobby-1'), opened(2_100, 'p1', 'lobby-1')];
    const lost = closed(25_000, 'p1', 'lobby-1', 'transport close');
    expect(broken(alive, there, lost)).toEqual(['players']);
    expect(broken(alive, there, lost, fault(20_000, 'lobby-1'), healed(21_000, 20_000))).toEqual([]);
    expect(broken(alive, there, lost, ended(24_999, 'lobby-1'))).toEqual([]);
    // The machine had no time for anybody.
    expect(broken(alive, there, lost, { t: 24_000, kind: 'lag', ms: 3_000 })).toEqual([]);
  });
});

it('a history without a begin is none', () => {
  expect(() => check([started(0, 'game-1')])).toThrow('a history begins with "begin"');
});
