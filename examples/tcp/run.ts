import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startGuard } from '../../runtime/local/guard';
import { startPrivateRedis } from '../../runtime/local/redis';
import { assign, TcpPlayer } from './client';
import { type Nodes, startTcpFleet, type TcpFleet } from './fleet';
import { bundleServer } from './program';

const API_KEY = 'local-dev-key';
const PORT = 8090;

/** Times of seconds instead of minutes, so that one sees it happen. */
const SCALING = {
  minimum: 2,
  maximum: 8,
  bootMs: 1_000,
  forecast: null,
  out: { cooldownMs: 2_000 },
  in: { cooldownMs: 2_000, stepNodes: 2, stabiliseMs: 5_000, drainAtLeastMs: 2_000 },
};
const BY_QUEUE = { metric: 'queue', average: { rule: 'per-node', target: 20, outAbove: 40, inBelow: 5 } };

const HELP = `node --import tsx examples/tcp/run.ts [--players N] [--metric players|queue]
A fleet of TCP servers on this machine: N players (default 100) come, work, and leave; the fleet follows them.
  --metric queue   the fleet is sized by the jobs that wait, not by the players`;

/** Players come, stay and leave over this time each, in milliseconds. */
const PHASE_MS = 15_000;

/** Then the fleet has so long to shrink, in milliseconds: a node drains for longer than a ticket lives. */
const SHRINK_LIMIT_MS = 90_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      players: { type: 'string', default: '100' },
      metric: { type: 'string', default: 'players' },
      help: { type: 'boolean', default: false },
    },
  });
  const count = Number(values.players);
  if (values.help || !Number.isInteger(count) || count < 1 || !['players', 'queue'].includes(values.metric)) {
    console.log(HELP);
    process.exitCode = values.help ? 0 : 1;
    return;
  }
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.abort());
  const guard = startGuard();
  const folder = await mkdtemp(join(tmpdir(), 'realtime-fleet-tcp-'));
  guard.folder(folder);
  const redis = await startPrivateRedis((line) => console.log(line), { guard });
  let fleet: TcpFleet | undefined;
  try {
    fleet = await startTcpFleet({
      ...{ stack: 'tcp-example', redisUrl: redis.url, apiKey: API_KEY, port: PORT, size: 2, capacity: 20, guard },
      program: await bundleServer(folder),
      scaling: { ...SCALING, ...(values.metric === 'queue' ? BY_QUEUE : {}) },
      say: (line) => console.log(line),
    });
    console.log(`API http://127.0.0.1:${PORT}, key ${API_KEY}`);
    await play(fleet, count, stopped.signal);
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
  } finally {
    await fleet?.stop();
    await redis.stop();
    await guard.stop();
  }
}

/** Players come evenly, work, and leave evenly; then the fleet has time to shrink. */
async function play(fleet: TcpFleet, count: number, signal: AbortSignal): Promise<void> {
  const players: TcpPlayer[] = [];
  const pause = (ms: number) => sleep(ms, undefined, { signal });
  const finished = new AbortController();
  const reporting = everySecond(finished.signal, async (after) => {
    for (const player of players) if (player.ended === null) for (let i = 0; i < 4; i++) player.work(String(i));
    const events = await fleet.events(after);
    for (const { kind, nodeId = '', reason } of events) console.log(`  ${kind} ${nodeId} (${reason})`);
    console.log(describe(await fleet.nodes(), players));
    return events.at(-1)?.id ?? after;
  });
  try {
    while (players.length < count) {
      await pause(PHASE_MS / count);
      const place = await assign(fleet.api, API_KEY, `player-${players.length}`);
      if (place !== null) players.push(new TcpPlayer(place.endpoint, `TICKET ${place.ticket}`));
    }
    await pause(PHASE_MS);
    for (const player of players) {
      player.bye();
      await pause(PHASE_MS / count);
    }
    const deadline = Date.now() + SHRINK_LIMIT_MS;
    while (fleet.group.describe().length > SCALING.minimum && Date.now() < deadline) await pause(1_000);
  } finally {
    finished.abort();
    await reporting;
    for (const player of players) player.bye();
  }
  const cut = players.filter(({ ended }) => ended === 'cut').length;
  console.log(`${players.length} players, ${cut} cut off; ${fleet.group.describe().length} nodes are left`);
  if (cut > 0) process.exitCode = 1;
}

/** Runs `report` once a second until the signal comes, each time with what it returned the last time. */
async function everySecond(signal: AbortSignal, report: (last: number) => Promise<number>): Promise<void> {
  for (let last = 0; !signal.aborted; ) {
    last = await report(last);
    await sleep(1_000, undefined, { signal }).catch(() => undefined);
  }
}

function describe(nodes: Nodes, players: readonly TcpPlayer[]): string {
  const each = nodes.map(({ health, phase, sessions, metrics }) => {
    const state = health === 'green' ? phase : health;
    return `${state} ${sessions}p ${metrics.queue ?? 0}q`;
  });
  return `${players.filter(({ ended }) => ended === null).length} players · ${nodes.length} nodes: ${each.join(' | ')}`;
}

void main();
