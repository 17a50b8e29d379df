import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NodeTokens } from '../../../runtime/tickets/node-tokens';
import { eventually } from '../../support/eventually';
import { LobbyWorld } from './support';

let world: LobbyWorld;
beforeEach(() => {
  world = new LobbyWorld();
});
afterEach(async () => {
  await world.close();
  expect(world.errors).toEqual([]);
});

describe('matching over lobby nodes', () => {
  it('brings players of different nodes together, first come first served, each with a token of their own', async () => {
    const nodes = [await world.node(), await world.node(), await world.node()];
    const players = await world.joinAll(nodes, 'a', 'b', 'c', 'd', 'e');
    const statuses: string[] = [];
    for (const player of players) statuses.push((await player.enter('battle')).status);
    expect(statuses).toEqual(['waiting', 'waiting', 'waiting', 'matched', 'waiting']);
    const events = await Promise.all(players.slice(0, 4).map((player) => player.matched()));
    expect(new Set(events.map((event) => event.room_id)).size).toBe(1);
    expect(events[0]?.members).toEqual(['a', 'b', 'c', 'd']);
    expect(players[4]?.matches).toEqual([]);

    const tokens = new NodeTokens(world.balancer.masterKeys);
    for (const [index, { match_token, room_id }] of events.entries()) {
      expect(tokens.verifyMatch(match_token)).toMatchObject({
        ok: true,
        claims: { sub: players[index]?.playerId, room: { id: room_id, mode: 'battle', members: ['a', 'b', 'c', 'd'] } },
      });
    }
  });

  it('keeps pools and modes apart', async () => {
    const nodes = [await world.node(), await world.node()];
    const [a, b, c] = await world.joinAll(nodes, 'a', 'b', 'c');
    await a?.enter('duel', 'v1');
    expect((await b?.enter('duel', 'v2'))?.status).toBe('waiting');
    expect((await c?.enter('duel', 'v1'))?.status).toBe('matched');
    expect((await a?.matched())?.members).toEqual(['a', 'c']);
    expect(b?.matches).toEqual([]);
  });

  it('takes a player out at LEAVE and at a disconnection on purpose', async () => {
    const nodes = [await world.node(), await world.node()];
    const [a, b, c, d] = await world.joinAll(nodes, 'a', 'b', 'c', 'd');
    await a?.enter();
    expect(await a?.leave()).toEqual({ status: 'left' });
    expect(await a?.leave()).toEqual({ status: 'left' });
    await b?.enter();
    b?.socket.disconnect();
    const { queue } = world.registry();
    await eventually('nobody waits', async () => (await queue.depths()).length === 0);
    await c?.enter();
    await d?.enter();
    expect((await c?.matched())?.members).toEqual(['c', 'd']);
    expect(await d?.leave()).toEqual({ status: 'matched' });
  });
});

describe('MATCH_TIMEOUT', () => {
  it('ends the waiting after the time limit, and ENTER begins it anew', async () => {
    const node = await world.node({ matchTimeoutMs: 1_000 });
    const [a, b] = await world.joinAll([node], 'a', 'b');
    await a?.enter();
    const timeout = await eventually('MATCH_TIMEOUT', () => a?.timeouts[0]);
    expect(timeout.mode).toBe('duel');
    expect(timeout.waited_ms).toBeGreaterThanOrEqual(1_000);
    expect((await b?.enter())?.status).toBe('waiting');
    expect((await a?.enter())?.status).toBe('matched');
  });
});
