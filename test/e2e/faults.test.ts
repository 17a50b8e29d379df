import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually';
import { after, allFinish, Cluster, Commands } from './support';

const commands = new Commands();
afterEach(() => commands.cleanUp());

/** How often the nodes are looked at to hear both balancers: the front gives turns, and only the owner knows reservations. */
const LOOKS = 6;

/** The reservations that either balancer knows of. */
async function pendingOn(cluster: Cluster, name: 'lobby' | 'game', nodeId: string): Promise<number> {
  let most = 0;
  for (let look = 0; look < LOOKS; look++) most = Math.max(most, (await cluster.node(name, nodeId))?.pending ?? 0);
  return most;
}

/** Out of rotation within 2 s. What was reserved until then shows in `pending` with the next tick; from then on it only runs out. */
async function outOfRotation(cluster: Cluster, name: 'lobby' | 'game', nodeId: string, sinceMs: number): Promise<void> {
  await after(sinceMs, 2_000);
  expect((await cluster.node(name, nodeId))?.health ?? 'gone').not.toBe('green');
  await after(sinceMs, 3_500);
  let before = await pendingOn(cluster, name, nodeId);
  while (performance.now() < sinceMs + 8_000) {
    const now = await pendingOn(cluster, name, nodeId);
    expect(now).toBeLessThanOrEqual(before);
    before = now;
    if (name === 'lobby') expect(await cluster.askLobby()).not.toBe(nodeId);
    await after(performance.now(), 100);
  }
}

describe('a node under load', () => {
  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'game, %s: its rooms go on together elsewhere, every player finishes',
    async (signal) => {
      const cluster = await Cluster.start(commands, 2, 3);
      const swarm = cluster.bees(120, 12, 12);
      const victim = await cluster.withPlayers('game', 12);
      const sinceMs = performance.now();
      process.kill(cluster.pid(victim.nodeId), signal);
      await outOfRotation(cluster, 'game', victim.nodeId, sinceMs);
      await allFinish(swarm, 120);
      await eventually(
        'it was replaced',
        async () => {
          const nodes = await cluster.nodes('game');
          return nodes.length === 3 && nodes.every((node) => node.health === 'green' && node.nodeId !== victim.nodeId);
        },
        60_000,
      );
    },
    180_000,
  );

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'lobby, %s: its waiting players are matched from elsewhere, every player finishes',
    async (signal) => {
      const cluster = await Cluster.start(commands, 3, 2);
      // Two players wait for two more that come after the fault.
      const early = cluster.bees(120, 10, 3);
      const victim = await cluster.withPlayers('lobby', 3);
      const sinceMs = performance.now();
      process.kill(cluster.pid(victim.nodeId), signal);
      await outOfRotation(cluster, 'lobby', victim.nodeId, sinceMs);
      await allFinish(early, 120);
    },
    180_000,
  );
});
