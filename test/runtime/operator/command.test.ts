import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ShownCluster } from '../../../runtime/api/backend';
import { operatorRoutes } from '../../../runtime/balancer/orders/routes';
import { FleetError } from '../../../runtime/core/errors';
import { ClusterOrders } from '../../../runtime/core/orders/standing';
import type { OperatorOrder } from '../../../runtime/core/protocol/operator';
import { createOperatorServer } from '../../../runtime/dashboard/server';
import { findTarget } from '../../../runtime/operator/target';
import { parseMasterKeys } from '../../../runtime/tickets/keys';
import { FakeAssigner } from '../api/support';
import { silentLog } from '../balancer/support';
import { shownNode } from '../dashboard/support';

const PROGRAM = join(__dirname, '../../../runtime/operator/realtime.mjs');
const paused = { by: 'ann', why: 'a\u001b[2Jtry', atMs: 0 };
const game: ShownCluster = {
  ...{ cluster: 'game', atMs: 0, massFailure: false, owner: 'b1', epoch: 7 },
  nodes: [shownNode('game-1'), shownNode('game-2', { phase: 'draining' })],
  orders: ClusterOrders.parse({ paused, nodes: { 'game-2': { ...paused, order: 'drain' } } }),
};
const events = [1, 2, 3].map((id) => ({ id, atMs: 0, balancerId: 'b1', kind: `kind-${id}`, reason: 'so' }));
const taken: OperatorOrder[] = [];
const server = createOperatorServer({
  ...{ stack: 'test', log: silentLog, troubles: {} },
  keys: () => ({ masterKeys: parseMasterKeys('ab'.repeat(32)), apiKeys: ['good-key'] }),
  routes: [
    operatorRoutes({
      operator: {
        take: async (order) => {
          if (order.order === 'kick') throw new FleetError('PLAYER_UNKNOWN', { detail: order.playerId });
          taken.push(order);
          return { text: 'so be it' };
        },
      },
      clusters: { clusters: () => ['game'], snapshot: () => game, maintenance: () => null },
      events: { after: (id) => events.filter((event) => event.id > id) },
      rooms: new FakeAssigner(),
    }),
  ],
});

let url = '';
const folder = mkdtempSync(join(tmpdir(), 'rf-'));
beforeAll(async () => {
  await server.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  // As a running local cluster leaves word of itself; its first balancer is dead.
  const word = { control: 'http://:x@127.0.0.1:1/', operators: ['http://127.0.0.1:1', url], apiKey: 'good-key' };
  writeFileSync(join(folder, `realtime-fleet-${process.getuid?.()}-8123.json`), JSON.stringify(word));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Runs the command as a user of the machine does. */
function realtime(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: folder };
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

describe('npx realtime', () => {
  it('shows clusters and nodes of the cluster that runs here, by whichever balancer answers', async () => {
    const [status, nodes] = await Promise.all([realtime('status'), realtime('nodes', 'game')]);
    expect(status).toMatchObject({ code: 0, err: '' });
    expect(status.out).toMatch(/^CLUSTER +OWNER +EPOCH/);
    expect(status.out).toMatch(/^game +b1 +7 +1\/2 .*paused by ann \(a\?\[2Jtry\); 1 drained by hand$/m);
    expect(nodes.out).toMatch(/^game-2 +game +green +draining .*drain by ann/m);
    expect(status.out + nodes.out).not.toContain('\u001b');
  });

  it('gives an order with who and why, and says what comes of it', async () => {
    const given = await realtime('scale', 'game', '4', '--by', 'ben', '--why', 'a match at eight');
    expect(given).toEqual({ code: 0, out: 'so be it\n', err: '' });
    const order = { order: 'scale', cluster: 'game', size: 4, by: 'ben', why: 'a match at eight' };
    expect(taken.splice(0)).toEqual([order]);
    expect(JSON.parse((await realtime('maintenance', 'off', '--json')).out)).toEqual({ text: 'so be it' });
    expect(taken.splice(0)).toMatchObject([{ order: 'maintenance', on: false, why: 'no reason given' }]);
  });

  it('ends with 1 and says why when it was not done', async () => {
    const runs = await Promise.all([
      realtime('kick', 'zoe'),
      realtime('status', '--url', 'http://127.0.0.1:1', '--api-key', 'k'),
      realtime('scale', 'game', 'many'),
    ]);
    expect(runs.map(({ code }) => code)).toEqual([1, 1, 1]);
    const said = ['No node has such a player (zoe)', 'No balancer answers', 'whole number'];
    for (const [index, words] of said.entries()) expect(runs[index]?.err).toContain(words);
  });

  it('tells events after one that is known, the newest last', async () => {
    const { out } = await realtime('events', '--after', '1', '--json');
    expect(JSON.parse(out).events.map(({ id }: { id: number }) => id)).toEqual([2, 3]);
  });
});

describe('where it asks', () => {
  it('is what is said, else the environment', async () => {
    const env = { REALTIME_URL: 'http://b:9090/', REALTIME_API_KEY: 'k' };
    expect(await findTarget({}, env)).toEqual({ urls: ['http://b:9090'], apiKey: 'k' });
    expect(await findTarget({ url: 'http://c:1' }, env)).toEqual({ urls: ['http://c:1'], apiKey: 'k' });
    await expect(findTarget({ url: 'http://c:1' }, {})).rejects.toThrow('--api-key');
    await expect(findTarget({ url: 'c:1', apiKey: 'k' }, {})).rejects.toThrow('is no address');
  });
});
