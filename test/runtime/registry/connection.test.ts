import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { RoomReport } from '../../../runtime/core/protocol/agent';
import { type PrivateRedis, startPrivateRedis } from '../../../runtime/local/redis';
import { answered, connectRegistry, type RegistryConnection, retryDelayMs } from '../../../runtime/registry/connection';
import { RedisRooms } from '../../../runtime/registry/rooms';
import { RedisSeats } from '../../../runtime/registry/seats';
import { RegistryUnavailable } from '../../../runtime/registry/types';
import { eventually } from '../../support/eventually';
import { testStack } from '../../support/redis';
import { nodeUpdate, request, spread } from './seats-support';

const open: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function connect(url: string, commandTimeoutMs?: number): RegistryConnection {
  const connection = connectRegistry(url, commandTimeoutMs === undefined ? {} : { commandTimeoutMs });
  open.push(connection);
  return connection;
}

function testUrl(): string {
  const url = process.env.TEST_REDIS_URL;
  if (url === undefined) throw new Error('TEST_REDIS_URL is not set');
  return url;
}

/** A server that accepts connections and never says a word. */
async function silentServer(): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `redis://127.0.0.1:${address.port}`;
}

describe('connectRegistry', () => {
  it('says when it is connected', async () => {
    const states: (string | null)[] = [];
    const connection = connectRegistry(testUrl(), { onState: (problem) => states.push(problem) });
    open.push(connection);
    expect(connection.problem()).toBe('not connected yet');
    await eventually('connected', () => connection.problem() === null);
    connection.close();
    await eventually('closed', () => connection.problem() !== null);
    expect(states).toEqual([null, 'the connection was closed']);
  });

  it('fails every call with RegistryUnavailable, and says why, when nobody listens', async () => {
    const connection = connect('redis://127.0.0.1:1');
    const seats = new RedisSeats(connection.redis, testStack(), 'game');
    const rooms = new RedisRooms(connection.redis, testStack(), 'game');
    const member = { roomId: 'r', mode: 'm', playerId: 'p', members: ['p'] };
    const report: RoomReport = { roomId: 'r', gen: 1, mode: 'm', status: 'complete', members: ['p'] };
    const calls = [
      seats.refresh({ epoch: 0, nodes: [nodeUpdate('a')] }),
      seats.suspend('a', 0),
      seats.reserve([request()], spread),
      seats.node('a'),
      rooms.start(member, spread),
      rooms.finish(member),
      rooms.get('r'),
      rooms.report('a', 's', [report], 0),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result.status === 'rejected' && result.reason).toBeInstanceOf(RegistryUnavailable);
    }
    expect(await eventually('a reason', () => /ECONNREFUSED/.test(connection.problem() ?? ''))).toBe(true);
  });

  it('gives a command up that is not answered in time', async () => {
    const redis = await startPrivateRedis(() => undefined);
    open.push({ close: () => redis.stop() });
    const connection = connect(redis.url, 150);
    await eventually('connected', () => connection.problem() === null);
    // An outside Redis is not ours to stop.
    if (redis.process === null) return;
    redis.process.kill('SIGSTOP');
    const seats = new RedisSeats(connection.redis, testStack(), 'game');
    await expect(seats.reserve([request()], spread)).rejects.toThrow(RegistryUnavailable);
    redis.process.kill('SIGCONT');
    await eventually('answers again', () =>
      seats.node('a').then(
        () => true,
        () => false,
      ),
    );
  });

  it('is not fooled by a server that accepts and is silent', async () => {
    const connection = connect(await silentServer(), 100);
    await expect(answered(connection.redis.ping())).rejects.toThrow(RegistryUnavailable);
    expect(connection.problem()).not.toBeNull();
  });

  it('comes back by itself', async () => {
    const redis: PrivateRedis = await startPrivateRedis(() => undefined);
    open.push({ close: () => redis.stop() });
    const connection = connect(redis.url, 500);
    const ping = () =>
      answered(connection.redis.ping()).then(
        () => true,
        () => false,
      );
    await eventually('connected', ping);
    const killed = connection.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'no').catch(() => undefined);
    await eventually('noticed', () => connection.problem() !== null);
    await eventually('connected again', ping);
    await killed;
  });
});

it('waits longer from try to try, up to a second, and never in step with others', () => {
  expect([1, 2, 3, 20].map((attempt) => retryDelayMs(attempt, 1))).toEqual([50, 100, 200, 1_000]);
  expect(retryDelayMs(20, 0)).toBe(500);
});

it('tells a wrong command from an answer that has to wait', async () => {
  const reply = (message: string) => Promise.reject(Object.assign(new Error(message), { name: 'ReplyError' }));
  await expect(answered(reply('LOADING Redis is loading'))).rejects.toThrow(RegistryUnavailable);
  await expect(answered(reply('READONLY You cannot write'))).rejects.toThrow(RegistryUnavailable);
  await expect(answered(reply('ERR Error running script: -READONLY You cannot write'))).rejects.toThrow(
    RegistryUnavailable,
  );
  await expect(answered(reply('ERR wrong number of arguments'))).rejects.toThrow('ERR wrong number');
});
