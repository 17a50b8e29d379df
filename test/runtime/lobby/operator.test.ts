import { afterAll, describe, expect, it } from '@jest/globals';
import { AGENT_PROTOCOL } from '../../../runtime/core/protocol/agent';
import { eventually } from '../../support/eventually';
import { LobbyWorld } from './support';

const world = new LobbyWorld();
afterAll(() => world.close());

describe("operators' words at a lobby node", () => {
  it('a kicked player is out of the queue; the others wait on, and hear of a maintenance', async () => {
    const node = await world.node();
    const [ann, ben] = await world.joinAll([node], 'ann', 'ben');
    const { queue } = world.registry();
    await ann?.enter('battle');
    await ben?.enter('battle');
    const waiting = async () => (await queue.depths()).reduce((sum, { waiting }) => sum + waiting, 0);
    await eventually('both wait', async () => (await waiting()) === 2, 30_000);

    const channel = await world.openChannel(node.url, node.nodeId);
    await channel.ask('order', { v: AGENT_PROTOCOL, kind: 'kick', playerId: 'ann' });
    await eventually('one waits', async () => (await waiting()) === 1, 30_000);
    await eventually('she knows why', () => ann?.errors.some(({ code }) => code === 'KICKED'), 30_000);

    const untilMs = Date.UTC(2026, 10, 22, 12);
    await channel.ask('stats', { v: AGENT_PROTOCOL, cursor: 0, maintenance: { rev: 1, on: true, untilMs } });
    const told = await eventually('he hears of it', () => ben?.errors[0], 30_000);
    expect([told.code, told.message]).toEqual([
      'MAINTENANCE',
      expect.stringContaining('expected to end at 2026-11-22T12:00:00.000Z'),
    ]);
    expect(await waiting()).toBe(1);
  });
});
