import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import Redis from 'ioredis';
import { gatheredKeys, seatKeys } from '../../runtime/registry/keys';
import { eventually } from '../support/eventually';
import { after, allFinish, Cluster, Commands, type NodeCluster } from './support';

const commands = new Commands();
const connections: Redis[] = [];
afterEach(() => {
  for (const redis of connections.splice(0)) redis.disconnect();
  commands.cleanUp();
});

const STACK = 'local-realtime';
const SIZES: Readonly<Record<NodeCluster, number>> = { lobby: 3, game: 4 };

/** The cluster's private Redis. */
function redisOf({ run }: Cluster): Redis {
  const sockets = readdirSync(run.folder).map((name) => join(run.folder, name, 'redis.sock'));
  const socket = sockets.find((path) => existsSync(path));
  if (socket === undefined) throw new Error(`no Redis in ${run.folder}`);
  const redis = new Redis(socket, { maxRetriesPerRequest: null });
  connections.push(redis);
  return redis;
}

/** Every node takes joins, and rooms are placed. */
async function isRebuilt(redis: Redis, sizes = SIZES): Promise<boolean> {
  const [lobby, game, gathered] = await Promise.all([
    redis.zcard(seatKeys(STACK, 'lobby').load),
    redis.zcard(seatKeys(STACK, 'game').load),
    redis.exists(gatheredKeys(STACK, 'game').gathered),
  ]);
  return lobby === sizes.lobby && game === sizes.game && gathered === 1;
}

describe('an emptied Redis', () => {
  it('under 200 players, again and again: is rebuilt from the nodes in 3 s, nobody is lost, no room is split', async () => {
    const cluster = await Cluster.start(commands, SIZES.lobby, SIZES.game);
    const redis = redisOf(cluster);
    const swarm = cluster.bees(200, 20, 10);
    await cluster.withPlayers('game', 5);
    for (let round = 0; round < 5; round++) {
      const sinceMs = performance.now();
      await redis.flushall();
      await eventually('it is rebuilt', () => isRebuilt(redis), 3_000);
      expect(await cluster.askLobby()).toMatch(/^lobby-/);
      // At another moment of the second each time.
      await after(sinceMs, 3_300 + 170 * round);
    }
    await allFinish(swarm, 200);
  }, 180_000);

  it('while a game node is silent: its rooms wait for it', async () => {
    const cluster = await Cluster.start(commands, SIZES.lobby, SIZES.game);
    const redis = redisOf(cluster);
    const swarm = cluster.bees(120, 8, 12);
    const silent = await cluster.withPlayers('game', 12);
    const sinceMs = performance.now();
    process.kill(cluster.pid(silent.nodeId), 'SIGSTOP');
    await eventually('it is known to be silent', async () => {
      const node = await cluster.node('game', silent.nodeId);
      return node?.health === 'suspect';
    });
    await redis.flushall();
    const others = { ...SIZES, game: SIZES.game - 1 };
    await eventually('the others take joins', () => isRebuilt(redis, others), 3_000);
    await eventually('it was silent for long', () => performance.now() > sinceMs + 6_000, 30_000);
    process.kill(cluster.pid(silent.nodeId), 'SIGCONT');
    await allFinish(swarm, 120);
    expect(cluster.printed('node-evicted', 'game')).toEqual([]);
  }, 180_000);
});
