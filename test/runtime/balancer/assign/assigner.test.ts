import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RegistryAssigner } from '../../../../runtime/balancer/assign/assigner';
import type { NodeSnapshot } from '../../../../runtime/core/snapshot';
import { RegistryUnavailable } from '../../../../runtime/registry';
import { nodeUpdate } from '../../registry/seats-support';
import { Bench, claimsOf, matchToken, refusal, TTL_MS } from './assigner-support';

let bench: Bench;
let assigner: RegistryAssigner;
beforeEach(() => {
  bench = new Bench();
  assigner = bench.assigner;
});
afterEach(() => bench.redis.disconnect());

describe('lobby', () => {
  it('gives the endpoint and a ticket that the node accepts', async () => {
    await bench.nodes('lobby', ['a']);
    const before = Date.now();
    const reply = await assigner.lobby('alice');
    const claims = claimsOf(reply.ticket, 'a');
    expect(reply).toMatchObject({ endpoint: 'http://127.0.0.1:9000/a', nodeId: 'a' });
    expect(claims).toMatchObject({
      sub: 'alice',
      aud: 'a',
      st: 'a-1',
      jti: claims.rid,
      exp: claims.iat + TTL_MS / 1000,
    });
    expect(claims).not.toHaveProperty('room');
    expect(reply.expiresAt).toBe(new Date(claims.exp * 1000).toISOString());
    expect(claims.exp * 1000).toBeGreaterThan(before + TTL_MS - 2_000);
    expect(claims.exp * 1000).toBeLessThanOrEqual(Date.now() + TTL_MS);
  });

  it('reserves: the arrival of that ticket ends the reservation', async () => {
    await bench.nodes('lobby', ['a']);
    const { ticket } = await assigner.lobby('alice');
    const pending = async (arrivals: string[]) =>
      (await bench.lobby.refresh({ epoch: 0, nodes: [nodeUpdate('a', { arrivals })] })).pending.get('a')?.count;
    expect(await pending([])).toBe(1);
    expect(await pending([claimsOf(ticket, 'a').rid])).toBe(0);
  });

  it('repeats the identical answer for the same idempotency key, and refuses the key for another player', async () => {
    await bench.nodes('lobby', ['a', 'b', 'c']);
    const first = await assigner.lobby('alice', 'k1');
    expect(await assigner.lobby('alice', 'k1')).toEqual(first);
    expect((await assigner.lobby('alice', 'k2')).ticket).not.toBe(first.ticket);
    expect((await assigner.lobby('alice')).ticket).not.toBe(first.ticket);
    expect(await refusal(assigner.lobby('bob', 'k1'))).toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
      field: 'header.idempotency-key',
    });
    expect(bench.refused).toEqual([]);
  });

  it('gives a hundred players at once a ticket each, spread evenly', async () => {
    await bench.nodes('lobby', ['a', 'b', 'c', 'd']);
    const replies = await Promise.all(Array.from({ length: 100 }, (_, index) => assigner.lobby(`p${index}`)));
    const rids = replies.map(({ ticket, nodeId }) => claimsOf(ticket, nodeId).rid);
    expect(new Set(rids).size).toBe(100);
    for (const id of ['a', 'b', 'c', 'd']) expect(replies.filter(({ nodeId }) => nodeId === id)).toHaveLength(25);
  });

  it.each<[string, Partial<NodeSnapshot>]>([
    ['suspect', { health: 'suspect' }],
    ['red', { health: 'red' }],
    ['draining', { phase: 'draining' }],
    ['sealed', { phase: 'sealed' }],
    ['restarted', { startId: 'a-2' }],
    ['not yet known', { health: 'booting', startId: null }],
  ])('S7: a node that our own polls see as %s gets nobody, whatever the registry still says', async (_, over) => {
    await bench.nodes('lobby', ['a', 'b'], { a: over });
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) => assigner.lobby(`p${index}`, `k${index}`)),
    );
    expect(new Set(replies.map(({ nodeId }) => nodeId))).toEqual(new Set(['b']));
  });

  it('S7: with no other node left the caller is to come back', async () => {
    await bench.nodes('lobby', ['a', 'b'], { a: { phase: 'draining' }, b: { phase: 'sealed' } });
    expect(await refusal(assigner.lobby('alice'))).toMatchObject({ code: 'NO_NODES' });
    await bench.nodes(
      'lobby',
      ['a', 'b', 'c', 'd'],
      Object.fromEntries(['a', 'b', 'c', 'd'].map((id) => [id, { phase: 'draining' }])),
    );
    expect(await refusal(assigner.lobby('alice'))).toMatchObject({ code: 'BUSY' });
    expect(bench.refused).toEqual(['lobby NO_NODES', 'lobby BUSY']);
  });

  it('S8: a held node is used when no green one can be', async () => {
    const updates = [nodeUpdate('a', { standing: 'held' })];
    await bench.lobby.refresh({ epoch: 0, nodes: updates });
    bench.polled('lobby', updates, { a: { health: 'held' } });
    expect(await assigner.lobby('alice')).toMatchObject({ nodeId: 'a' });
  });

  it('FULL and BUSY are told to the caller and to the autoscaler', async () => {
    await bench.nodes('lobby', [nodeUpdate('a', { capacity: 5, sessions: 5 })]);
    expect(await refusal(assigner.lobby('alice'))).toMatchObject({ code: 'FULL' });
    await bench.nodes('lobby', [nodeUpdate('a', { window: 1 })]);
    await assigner.lobby('alice');
    expect(await refusal(assigner.lobby('bob'))).toMatchObject({ code: 'BUSY' });
    expect(bench.refused).toEqual(['lobby FULL', 'lobby BUSY']);
  });
});

it('a registry that cannot be reached fails the call with just that', async () => {
  const down = () => Promise.reject(new RegistryUnavailable(new Error('down')));
  const lost = new RegistryAssigner({
    ...bench.options,
    lobby: { cluster: 'lobby', seats: { reserve: down } },
    game: { cluster: 'game', seats: { node: down }, rooms: { start: down, finish: down, get: down } },
  });
  for (const call of [
    () => lost.lobby('a'),
    () => lost.start('r1', matchToken('ann')),
    () => lost.finish('r1', matchToken('ann')),
    () => lost.room('r1'),
  ]) {
    expect(await refusal(call())).toBeInstanceOf(RegistryUnavailable);
  }
  expect(bench.refused).toEqual([]);
});

describe('join', () => {
  it('is the same for any cluster without rooms, each with its own nodes', async () => {
    const others = [{ cluster: 'tcp', seats: bench.game }];
    const generic = new RegistryAssigner({
      ...bench.options,
      game: { ...bench.options.game, cluster: 'rooms' },
      others,
    });
    await bench.nodes('lobby', ['a']);
    await bench.nodes('game', ['b']);
    bench.polled('tcp', [nodeUpdate('b')]);
    const reply = await generic.join('tcp', 'alice', 'k1');
    expect(reply).toMatchObject({ nodeId: 'b' });
    expect(claimsOf(reply.ticket, 'b')).toMatchObject({ sub: 'alice', aud: 'b' });
    expect(await generic.join('tcp', 'alice', 'k1')).toEqual(reply);
    expect(await generic.join('lobby', 'alice', 'k1')).toMatchObject({ nodeId: 'a' });
  });

  it('refuses a cluster that is not there, and one that is joined by rooms', async () => {
    const notFound = { code: 'NOT_FOUND', field: 'path.cluster' };
    expect(await refusal(assigner.join('tcp', 'alice'))).toMatchObject(notFound);
    expect(await refusal(assigner.join('game', 'alice'))).toMatchObject(notFound);
    expect(await refusal(assigner.join('constructor', 'alice'))).toMatchObject(notFound);
  });
});
