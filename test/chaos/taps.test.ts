import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Server } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { attachAgent } from '../../runtime/agent';
import { localFleet } from '../../runtime/fleet/local';
import { seatKeys } from '../../runtime/registry/keys';
import { ScriptedRedis } from '../../runtime/registry/scripted-redis';
import { suspend as suspendScript } from '../../runtime/registry/scripts/suspend.3';
import { TestBalancer } from '../support/agent-client';
import { eventually } from '../support/eventually';
import { testStack } from '../support/redis';
import { TcpProxy } from '../support/tcp-proxy';
import { FrameReader } from './frames';
import { RespReader } from './resp';
import { agentTap, fleetTap, registryTap } from './taps';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (let last = undo.pop(); last !== undefined; last = undo.pop()) await last();
});

function portOf(server: HttpServer): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** What a tap writes down. */
function notes() {
  const entries: object[] = [];
  return { entries, recorder: { add: (entry: object) => void entries.push(entry) } };
}

describe('the agent channel, overheard', () => {
  it('tells who asked, what the node answered, and which orders it obeyed', async () => {
    const balancer = new TestBalancer();
    const http = createServer();
    const server = new Server(http, { transports: ['websocket'] });
    const agent = attachAgent(server, {
      ...{ nodeId: 'game-1', cluster: 'game', version: 'v1', capacity: 10, publicKeys: [balancer.publicKey] },
    });
    undo.push(() => server.close());
    undo.push(() => agent.stop());
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { entries, recorder } = notes();
    const proxy = await TcpProxy.start({ port: portOf(http) }, () => agentTap('game-1', recorder));
    undo.push(() => proxy.close());
    const socket: Socket = io(`http://127.0.0.1:${proxy.port}/agent`, {
      query: { agent: balancer.agentToken('game-1') },
      transports: ['websocket'],
      forceNew: true,
    });
    undo.push(() => socket.disconnect());
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    await socket.emitWithAck('hello', { v: 1 });
    await socket.emitWithAck('stats', { v: 1, cursor: 0, epoch: 7 });
    await socket.emitWithAck('order', { v: 1, kind: 'drain', epoch: 7 });
    await socket.emitWithAck('order', { v: 1, kind: 'undrain', epoch: 6 });
    await socket.emitWithAck('stats', { v: 1, cursor: 0 });
    const common = { by: 'balancer-test', nodeId: 'game-1' };
    const stats = {
      ...common,
      kind: 'stats',
      startId: agent.startId,
      epoch: 7,
      sessions: 0,
      tookMs: expect.any(Number),
    };
    await eventually('all was heard', () => entries.length === 8);
    expect(entries).toEqual([
      { ...common, kind: 'asked', epoch: 7 },
      { ...stats, phase: 'open' },
      { ...common, kind: 'ordered', order: 'drain', epoch: 7 },
      { ...common, kind: 'obeyed', order: 'drain', epoch: 7 },
      { ...common, kind: 'ordered', order: 'undrain', epoch: 6 },
      { ...common, kind: 'refused', order: 'undrain', epoch: 6, code: 'STALE_EPOCH' },
      { ...common, kind: 'asked', epoch: null },
      { ...stats, phase: 'draining' },
    ]);
  });
});

describe('the fleet, overheard', () => {
  it('tells what a balancer wants changed, and nothing else', async () => {
    const http = createServer((request, response) => {
      request.resume().on('end', () => {
        response.setHeader('content-type', 'application/json');
        response.end(request.method === 'POST' ? '{"ok":true}' : '{"instances":[]}');
      });
    });
    undo.push(() => http.close());
    undo.push(() => http.closeAllConnections());
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { entries, recorder } = notes();
    const proxy = await TcpProxy.start({ port: portOf(http) }, () => fleetTap(() => 'balancer-a-1', recorder));
    undo.push(() => proxy.close());
    const fleet = localFleet(`http://:token@127.0.0.1:${proxy.port}`);
    await fleet.describe('game');
    await fleet.grow('game', 5);
    await fleet.describe('game');
    await fleet.terminate('lobby', 'lobby-1');
    await fleet.reportUnhealthy('game', 'game-1');
    const by = 'balancer-a-1';
    expect(entries).toEqual([
      { kind: 'fleet', by, what: 'grow', cluster: 'game', size: 5 },
      { kind: 'fleet', by, what: 'terminate', cluster: 'lobby', nodeId: 'lobby-1' },
      { kind: 'fleet', by, what: 'unhealthy', cluster: 'game', nodeId: 'game-1' },
    ]);
  });
});

describe('the registry, overheard', () => {
  it('tells which writes under an epoch were taken, and which refused', async () => {
    const stack = testStack();
    const { entries, recorder } = notes();
    const proxy = await TcpProxy.start({ path: process.env.TEST_REDIS_URL ?? '' }, () =>
      registryTap(() => 'balancer-a-1', recorder),
    );
    undo.push(() => proxy.close());
    const redis = new ScriptedRedis(`redis://127.0.0.1:${proxy.port}`, { maxRetriesPerRequest: null });
    undo.push(() => redis.disconnect());
    const keys = seatKeys(stack, 'game');
    const suspend = (epoch: number) =>
      redis.eval(suspendScript.lua, 3, keys.epoch, keys.load, keys.state, epoch, 'game-1');
    await suspend(7);
    await redis.get(keys.epoch);
    await suspend(8);
    await suspend(7);
    await suspend(8);
    const write = { by: 'balancer-a-1', cluster: 'game' };
    const answers = entries.filter((entry) => 'taken' in entry);
    expect(answers).toEqual([
      { ...write, kind: 'written', epoch: 7, taken: true },
      { ...write, kind: 'written', epoch: 8, taken: true },
      { ...write, kind: 'written', epoch: 7, taken: false },
      { ...write, kind: 'written', epoch: 8, taken: true },
    ]);
  });
});

describe('frames', () => {
  const frame = (text: string, masked: boolean, first = 0x81): Buffer => {
    const payload = Buffer.from(text);
    const mask = masked ? randomBytes(4) : Buffer.alloc(0);
    const { length } = payload;
    const bit = masked ? 0x80 : 0;
    const size = length < 126 ? Buffer.from([bit | length]) : Buffer.from([bit | 126, length >> 8, length & 0xff]);
    if (masked) for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i & 3] ?? 0);
    return Buffer.concat([Buffer.from([first]), size, mask, payload]);
  };

  it('are read however the bytes are cut: masked, long, in parts, and among pings', () => {
    const long = 'x'.repeat(1_000);
    const bytes = Buffer.concat([
      Buffer.from('GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n'),
      frame('one', true),
      frame(long, false),
      frame('in ', true, 0x01),
      frame('', false, 0x89),
      frame('parts', true, 0x80),
    ]);
    for (const step of [1, 7, bytes.length]) {
      const reader = new FrameReader();
      const texts: string[] = [];
      for (let at = 0; at < bytes.length; at += step) texts.push(...reader.read(bytes.subarray(at, at + step)));
      expect(texts).toEqual(['one', long, 'in parts']);
      expect(reader.head).toContain('Upgrade: websocket');
    }
  });
});

describe('the protocol of Redis', () => {
  it('is read however the bytes are cut', () => {
    const bytes = Buffer.from(
      '*2\r\n$3\r\nGET\r\n$4\r\nk\r\ny\r\n:5\r\n$-1\r\n-ERR no\r\n+OK\r\n%1\r\n+a\r\n*1\r\n:1\r\n*0\r\n',
    );
    const values = [['GET', 'k\r\ny'], 5, null, '-ERR no', 'OK', ['a', [1]], []];
    for (const step of [1, 5, bytes.length]) {
      const reader = new RespReader();
      const read: unknown[] = [];
      for (let at = 0; at < bytes.length; at += step) read.push(...reader.read(bytes.subarray(at, at + step)));
      expect(read).toEqual(values);
    }
  });
});
