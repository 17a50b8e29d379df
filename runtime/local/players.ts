import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { BrokenMessage } from '../bees/broken';
import { describeProgress, ProgressMessage } from '../bees/progress';
import { describeExit, startChild } from './child';
import type { LocalCluster } from './cluster';
import { describeClusters } from './clusters';
import { Group } from './group';
import type { Guard } from './guard';
import { describeMemory, MemoryRecord, type MemorySummary } from './memory';
import type { LocalOptions } from './options';
import { tellPages } from './page';
import { describeScaling, ScalingRecord, type ScalingSummary } from './record';
import type { Scenario } from './scenario';
import { readable, type Terminal } from './terminal';

/** What the parts of a local run share. */
export interface Surroundings {
  readonly terminal: Terminal;
  readonly guard: Guard;
  readonly signal: AbortSignal;
}

/** How long bees may take to stop before they are killed, in milliseconds. */
const STOP_LIMIT_MS = 1_000;

/** How often the state is shown, in milliseconds: rewritten in place on a terminal, else as a line. */
const LIVE_MS = 1_000;
const LINE_MS = 10_000;

/** Bees that play again and again until the signal comes; shows how the clusters are meanwhile. */
export async function playOn(cluster: LocalCluster, options: LocalOptions, around: Surroundings): Promise<void> {
  const { terminal, guard, signal } = around;
  let progress = '';
  const bees = new Group({
    cluster: 'bees',
    file: cluster.bundles.bundles.bees.file,
    version: cluster.bundles.bundles.bees.version,
    size: options.players > 0 ? 1 : 0,
    env: () => beesEnv(cluster),
    args: [...beesArgs(cluster, options), '--loop'],
    guard,
    signal,
    say: (line) => terminal.say(line),
    onLine: (nodeId, line, stream) => {
      if (stream === 'stderr' && !signal.aborted) terminal.say(`${nodeId}  ${readable(line)}`);
    },
    onMessage: (_, message) => {
      const parsed = ProgressMessage.safeParse(message);
      if (!parsed.success) return;
      progress = describeProgress(parsed.data.progress);
      void tellPages(cluster.pages, cluster.apiKey, parsed.data.progress);
    },
  });
  const show = async () => {
    const lines = [describeClusters(await cluster.ask()), progress].filter(Boolean);
    if (signal.aborted) return;
    if (terminal.live) terminal.show(...lines);
    else terminal.say(lines.join(' · '));
  };
  const shown = setInterval(() => void show(), terminal.live ? LIVE_MS : LINE_MS);
  try {
    // Bees that end are started again, and that is said; here only the signal matters.
    bees.start().catch(() => undefined);
    await stopped(signal);
  } finally {
    clearInterval(shown);
    await bees.stop(STOP_LIMIT_MS);
  }
}

/**
 * Bees that play once; their lines are ours, then what the fleets did meanwhile, if anything. The exit code is 0 only if every one
 * finished and none was cut off by scaling.
 */
export async function playOnce(cluster: LocalCluster, options: LocalOptions, around: Surroundings): Promise<number> {
  const { terminal, guard, signal } = around;
  const { scenario, players, json } = options;
  terminal.say(`Bees: ${players} players${scenario === null ? '' : ' at most at once'}, each plays once`);
  const record = new ScalingRecord(cluster.groups);
  const memory = new MemoryRecord(() => processIds(cluster, bees.pid));
  const bees = startChild({
    file: cluster.bundles.bundles.bees.file,
    args: [...beesArgs(cluster, options), ...(json === null ? [] : ['--json', json])],
    env: beesEnv(cluster),
    guard,
    onLine: (line) => terminal.say(line),
    onMessage: (message) => {
      const progress = ProgressMessage.safeParse(message).data?.progress;
      if (progress !== undefined) {
        record.players(progress.connections);
        void tellPages(cluster.pages, cluster.apiKey, progress);
      }
      const broken = BrokenMessage.safeParse(message).data?.broken;
      if (broken !== undefined) record.broken(broken);
    },
  });
  try {
    const finished = await Promise.race([bees.exited, stopped(signal)]);
    if (finished === undefined) {
      await bees.stop(STOP_LIMIT_MS);
      return 1;
    }
    if (finished.code === null) {
      terminal.say(`The bees were ended from outside (${describeExit(finished)}): there is no summary`);
      return 1;
    }
    record.players({});
    if (scenario !== null) await ebb(cluster, options, scenario, signal);
    const scaling = record.summary();
    const used = memory.summary();
    if (json !== null) await addOurs(json, cluster, { ...scaling, memory: used });
    if (used !== null) terminal.say(describeMemory(used));
    const scaled = scaling.nodesStarted > 0 || scaling.nodesStopped > 0;
    if (scenario !== null || scaled) terminal.say(...describeScaling(scaling));
    return scaling.cutOffByScaling > 0 ? 1 : finished.code;
  } finally {
    record.stop();
    memory.stop();
  }
}

/** The players have gone: waits until the fleets are as small as at first, for as long as the scenario allows. */
async function ebb({ groups }: LocalCluster, sizes: LocalOptions, { ebbMs }: Scenario, signal: AbortSignal) {
  const untilMs = performance.now() + ebbMs;
  const small = () => [...groups].every(([cluster, group]) => group.describe().length <= atFirst(cluster, sizes));
  while (!small() && performance.now() < untilMs && !signal.aborted) await sleep(LIVE_MS);
}

function atFirst(cluster: string, { lobby, game }: LocalOptions): number {
  return cluster === 'lobby' ? lobby : game;
}

/** Many players make the machine slow, and are to wait for it; they take several processes, as one may have so many files open. */
const MANY = 2_000;
const SLOW_TIMEOUT_S = 15;
const PLAYERS_PER_PROCESS = 15_000;

function beesArgs({ api }: LocalCluster, { players, ramp, rate, client, scenario, exit }: LocalOptions): string[] {
  const given = ['--api', api, '--client', client, '--rate', String(rate)];
  if (scenario !== null) return [...given, '--curve', scenario.curve(players), '--play', String(scenario.play)];
  return [
    ...[...given, '--players', String(players), '--ramp', String(ramp), ...(exit ? ['--gather'] : [])],
    ...(players >= MANY ? ['--timeout', String(SLOW_TIMEOUT_S)] : []),
    ...['--processes', String(Math.max(1, Math.ceil(players / PLAYERS_PER_PROCESS)))],
  ];
}

function beesEnv({ env, apiKey }: LocalCluster): Record<string, string> {
  return { ...env, API_KEY: apiKey };
}

/** By program. Of bees in several processes, only the one that leads them is known here. */
function processIds(cluster: LocalCluster, bees: number): Map<string, number[]> {
  const ids = (groups: Iterable<Group>): number[] =>
    [...groups].flatMap((group) => group.describe().map(({ pid }) => pid));
  const redis = cluster.redis.process?.pid;
  return new Map([
    ['balancer', ids(cluster.balancers.values())],
    ...[...cluster.groups].map(([name, group]): [string, number[]] => [name, ids([group])]),
    ['bees', [bees]],
    ['redis', redis === undefined ? [] : [redis]],
    ['supervisor', [process.pid]],
  ]);
}

async function stopped(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort');
}

const Summary = z.looseObject({
  nodes: z.array(z.looseObject({ id: z.string(), cluster: z.string(), peak: z.number() })),
});

/** What the fleets did, and the nodes that nobody was sent to, with a peak of 0: bees know only those that they were sent to. */
async function addOurs(
  file: string,
  { groups }: LocalCluster,
  ours: ScalingSummary & { readonly memory: MemorySummary | null },
): Promise<void> {
  const summary = Summary.parse(JSON.parse(await readFile(file, 'utf8')));
  const known = new Set(summary.nodes.map((node) => node.id));
  const idle = [...groups.values()]
    .flatMap((group) => group.describe())
    .filter((node) => !known.has(node.nodeId))
    .map(({ nodeId, cluster }) => ({ id: nodeId, cluster, peak: 0 }));
  await writeFile(file, `${JSON.stringify({ ...summary, ...ours, nodes: [...summary.nodes, ...idle] }, null, 2)}\n`);
}
