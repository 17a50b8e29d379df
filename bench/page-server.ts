import { pino } from 'pino';
import { Subject } from 'rxjs';
import type { ShownCluster, ShownNode } from '../runtime/api/backend';
import { ClusterOrders } from '../runtime/core/orders/standing';
import { startLive } from '../runtime/dashboard/live';
import { pageRoutes } from '../runtime/dashboard/page-routes';
import { createOperatorServer } from '../runtime/dashboard/server';
import { sign } from '../runtime/dashboard/sessions';
import { parseMasterKeys } from '../runtime/tickets/keys';

/**
 * The measured side of `npm run bench:page`: the live page of a balancer whose 200 nodes all report something else each second. Says
 * `{ url, link }` when ready; to any message it answers with what its process has used: `{ cpuMs }`.
 */
const NODES = { lobby: 100, game: 100 };
const CAPACITY = 400;
const REPORT_MS = 1_000;

const STACK = 'bench-realtime';
const KEYS = { masterKeys: parseMasterKeys('ab'.repeat(32)), apiKeys: ['bench-key'] };

function reported(cluster: string, index: number, round: number): ShownNode {
  const sessions = Math.round((CAPACITY / 2) * (1 + Math.sin(round / 20 + index))) % CAPACITY;
  const health = (index + round) % 97 === 0 ? 'suspect' : 'green';
  return {
    ...{
      nodeId: `${cluster}-${(index * 7_919 + 0xabc00).toString(16)}`,
      startId: 's',
      endpoint: 'http://127.0.0.1:1',
      zone: `zone-${index % 3}`,
    },
    ...{
      version: index % 10 === 0 ? '91ab03c77e1d' : '3f2a1c9d0b44',
      health,
      phase: index % 33 === 32 ? 'draining' : 'open',
    },
    ...{ connections: sessions, sessions, pending: round % 3, capacity: CAPACITY, weight: CAPACITY, window: 64 },
    ...{
      loopDelayMs: 1 + ((index + round) % 9),
      rssBytes: 80_000_000,
      launchedAtMs: index,
      silentMs: health === 'green' ? 0 : 900,
    },
  };
}

async function main(): Promise<void> {
  const changed$ = new Subject<void>();
  let clusters: ReadonlyMap<string, ShownCluster> = new Map();
  let round = 0;
  const report = () => {
    round += 1;
    const snapshots = Object.entries(NODES).map(([cluster, count]): [string, ShownCluster] => [
      cluster,
      {
        ...{ cluster, atMs: Date.now(), massFailure: false, orders: ClusterOrders.parse({}) },
        ...{ owner: cluster === 'lobby' ? 'balancer-a' : 'balancer-b', epoch: 1_838_462_503_034_668 },
        nodes: Array.from({ length: count }, (_, index) => reported(cluster, index, round)),
      },
    ]);
    clusters = new Map(snapshots);
    changed$.next();
  };
  report();
  setInterval(report, REPORT_MS);
  const live = startLive({
    ...{ stack: STACK, balancerId: 'balancer-a', changed$ },
    clusters: {
      clusters: () => Object.keys(NODES),
      snapshot: (name) => clusters.get(name),
      maintenance: () => null,
    },
    peer: () => ({ balancerId: 'balancer-b', there: true }),
    trouble: () => null,
    events: {
      after: (id) => {
        const news = { kind: 'scaling-unchanged', cluster: 'game', reason: `round ${round}`, balancerId: 'balancer-a' };
        return id < round ? [{ ...news, id: round, atMs: Date.now() }] : [];
      },
    },
    counts: () => new Map([['balancer-a', { assigned: round * 40, refused: 0 }]]),
  });
  const app = createOperatorServer({
    ...{
      stack: STACK,
      keys: () => KEYS,
      troubles: {},
      log: pino({ level: 'silent' }),
      routes: [pageRoutes, live.routes],
    },
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMs: (user + system) / 1_000 });
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ url, link: `${url}/sign-in?link=${sign('link', STACK, KEYS.masterKeys, Date.now())}` });
}

void main();
