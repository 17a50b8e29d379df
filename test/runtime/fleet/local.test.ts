import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { localFleet } from '../../../runtime/fleet/local';
import type { Fleet } from '../../../runtime/fleet/port';
import { createControl } from '../../../runtime/local/control';
import { Group } from '../../../runtime/local/group';
import { startGuard } from '../../../runtime/local/guard';
import { eventually } from '../../support/eventually';

const guard = startGuard();
const game = new Group({
  cluster: 'game',
  file: join(__dirname, '..', 'local', 'programs', 'node.js'),
  version: 'v7',
  size: 2,
  maxSize: 3,
  env: () => ({}),
  guard,
  signal: new AbortController().signal,
  say: () => undefined,
  onLine: () => undefined,
});
let control: FastifyInstance;
let address: string;
let fleet: Fleet;

beforeAll(async () => {
  await game.start();
  control = createControl(new Map([['game', game]]), 'secret/token');
  address = (await control.listen({ host: '127.0.0.1', port: 0 })).replace('http://', '');
  fleet = localFleet(`http://:${encodeURIComponent('secret/token')}@${address}`);
});
afterAll(async () => {
  await control.close();
  await game.stop(1_000);
  await guard.stop();
});

describe('the local fleet, against the supervisor', () => {
  it('describes instances and group', async () => {
    const instances = await fleet.describe('game');
    expect(instances).toHaveLength(2);
    expect(instances[0]).toEqual({
      nodeId: expect.stringMatching(/^game-[0-9a-f]{6}$/),
      cluster: 'game',
      endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      zone: 'local-a',
      launchedAtMs: expect.any(Number),
      state: 'running',
    });
    expect(await fleet.group('game')).toEqual({ cluster: 'game', desired: 2, wantedVersion: 'v7' });
  });

  it('grows, terminates and replaces', async () => {
    const before = (await fleet.describe('game')).map((instance) => instance.nodeId);
    await fleet.grow('game', 3);
    await fleet.grow('game', 2);
    expect((await fleet.group('game')).desired).toBe(3);
    const [one = '', two = ''] = before;
    await fleet.terminate('game', one);
    await fleet.terminate('game', one);
    expect((await fleet.group('game')).desired).toBe(2);
    await fleet.reportUnhealthy('game', two);
    await fleet.reportUnhealthy('game', two);
    await eventually('two others run', async () => {
      const now = await fleet.describe('game');
      return now.length === 2 && now.every((node) => node.state === 'running' && !before.includes(node.nodeId));
    });
    expect((await fleet.group('game')).desired).toBe(2);
  });

  it('tells what the supervisor refuses', async () => {
    await expect(fleet.describe('chess')).rejects.toThrow('no cluster chess; there are game');
    await expect(fleet.grow('game', 99)).rejects.toThrow('at most 3 nodes');
    await expect(fleet.grow('game', -1)).rejects.toThrow('size: a whole number, 0 or more');
    await expect(localFleet(`http://:wrong@${address}`).describe('game')).rejects.toThrow('wrong token');
    await expect(localFleet(`http://${address}`).terminate('game', 'x')).rejects.toThrow('wrong token');
    expect((await fetch(`http://${address}/clusters/game`)).status).toBe(401);
  });
});

describe('the local fleet, against something else', () => {
  const servers: Server[] = [];
  const answering = async (body: string | null): Promise<Fleet> => {
    const server = createServer((_request, response) => body !== null && response.end(body)).listen(0, '127.0.0.1');
    servers.push(server);
    await eventually('it listens', () => server.listening);
    return localFleet(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { timeoutMs: 100 });
  };
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  it('rejects when there is no answer, none in time, or nonsense', async () => {
    await expect(localFleet('http://127.0.0.1:9').describe('game')).rejects.toThrow('did not answer GET');
    await expect((await answering(null)).describe('game')).rejects.toThrow(
      'did not answer GET /clusters/game/instances',
    );
    await expect((await answering('<html>')).group('game')).rejects.toThrow('did not answer');
    await expect((await answering('{"instances":[{"nodeId":1}]}')).describe('game')).rejects.toThrow('something else');
    await expect((await answering('{"desired":-1}')).group('game')).rejects.toThrow('something else');
  });

  it('wants a URL', () => {
    for (const url of ['', 'nonsense', 'https://127.0.0.1:1', 'local:http://x']) {
      expect(() => localFleet(url)).toThrow('http://:TOKEN@127.0.0.1:PORT');
    }
  });
});
