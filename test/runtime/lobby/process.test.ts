import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { matchKeys } from '../../../runtime/registry/keys';
import { eventually } from '../../support/eventually';
import { lobbyProcess } from './lobby-process';
import { LobbyWorld } from './support';

let world: LobbyWorld;
beforeEach(() => {
  world = new LobbyWorld();
});
afterEach(async () => {
  await world.close();
  expect(world.errors).toEqual([]);
});

describe('a lobby process', () => {
  it('that is frozen delays nobody else’s players; its own go on waiting, in front, when it thaws', async () => {
    const frozen = await lobbyProcess(world, 'lobby-frozen');
    const [one, two] = [await world.node(), await world.node()];
    const silent = await world.join(frozen, 'silent');
    await silent.enter();
    frozen.child.kill('SIGSTOP');
    const { redis } = world.registry();
    // The silence is made to have lasted, instead of waiting for it.
    await redis.zadd(matchKeys(world.stack, 'lobby').heard, Date.now() - 10_000, 'silent');
    const [a, b] = await world.joinAll([one, two], 'a', 'b');
    await a?.enter();
    expect((await b?.enter())?.status).toBe('matched');
    expect((await a?.matched())?.members).toEqual(['a', 'b']);
    frozen.child.kill('SIGCONT');
    const c = await world.join(one, 'c');
    await c.enter();
    expect((await silent.matched()).members).toEqual(['silent', 'c']);
  });

  it('ends cleanly at SIGTERM, and its waiting players keep their place', async () => {
    const leaving = await lobbyProcess(world, 'lobby-leaving');
    const a = await world.join(leaving, 'a');
    await a.enter('battle');
    const exited = once(leaving.child, 'exit');
    leaving.child.kill('SIGTERM');
    expect((await exited)[0]).toBe(0);
    await eventually('a is disconnected', () => a.socket.disconnected);
    const node = await world.node();
    const players = await world.joinAll([node], 'b', 'c', 'd');
    for (const player of players) await player.enter('battle');
    const back = await world.join(node, 'a');
    expect((await back.enter('battle')).status).toBe('matched');
    expect((await back.matched()).members).toEqual(['a', 'b', 'c', 'd']);
  });

  it('that thaws finds out who has gone before it lets anybody be matched with them', async () => {
    const frozen = await lobbyProcess(world, 'lobby-frozen');
    const node = await world.node();
    const [gone] = await world.joinAll([frozen], 'gone');
    await gone?.enter();
    frozen.child.kill('SIGSTOP');
    gone?.socket.disconnect();
    // Longer than what counts as a pause.
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    const b = await world.join(node, 'b');
    await b.enter();
    frozen.child.kill('SIGCONT');
    const { redis } = world.registry();
    const { players } = matchKeys(world.stack, 'lobby');
    await eventually('gone has left', async () => (await redis.hexists(players, 'gone')) === 0);
    expect(b.matches).toEqual([]);
  });
});
