import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { describeProgress, ProgressMessage } from '../bees/progress';
import { describeExit, startChild } from './child';
import type { LocalCluster } from './cluster';
import { describeClusters } from './clusters';
import { Group } from './group';
import type { Guard } from './guard';
import type { LocalOptions } from './options';
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
      if (parsed.success) progress = describeProgress(parsed.data.progress);
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

/** Bees that play once; their lines are ours, the summary last. The exit code is theirs: 0 only if every one finished. */
export async function playOnce(cluster: LocalCluster, options: LocalOptions, around: Surroundings): Promise<number> {
  const { terminal, guard, signal } = around;
  terminal.say(`Bees: ${options.players} players, each plays once`);
  const bees = startChild({
    file: cluster.bundles.bundles.bees.file,
    args: [...beesArgs(cluster, options), ...(options.json === null ? [] : ['--json', options.json])],
    env: beesEnv(cluster),
    guard,
    onLine: (line) => terminal.say(line),
  });
  const finished = await Promise.race([bees.exited, stopped(signal)]);
  if (finished === undefined) {
    await bees.stop(STOP_LIMIT_MS);
    return 1;
  }
  if (finished.code === null) {
    terminal.say(`The bees were ended from outside (${describeExit(finished)}): there is no summary`);
    return 1;
  }
  if (options.json !== null) await addIdleNodes(options.json, cluster);
  return finished.code;
}

function beesArgs({ api }: LocalCluster, { players, ramp }: LocalOptions): string[] {
  return ['--api', api, '--players', String(players), '--ramp', String(ramp)];
}

function beesEnv({ env, apiKey }: LocalCluster): Record<string, string> {
  return { ...env, API_KEY: apiKey };
}

async function stopped(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort');
}

const Summary = z.looseObject({
  nodes: z.array(z.looseObject({ id: z.string(), cluster: z.string(), peak: z.number() })),
});

/** The bees know the nodes that they were sent to; one that got nobody belongs into the summary too, with a peak of 0. */
async function addIdleNodes(file: string, { groups }: LocalCluster): Promise<void> {
  const summary = Summary.parse(JSON.parse(await readFile(file, 'utf8')));
  const known = new Set(summary.nodes.map((node) => node.id));
  const idle = [...groups.values()]
    .flatMap((group) => group.describe())
    .filter((node) => !known.has(node.nodeId))
    .map(({ nodeId, cluster }) => ({ id: nodeId, cluster, peak: 0 }));
  await writeFile(file, `${JSON.stringify({ ...summary, nodes: [...summary.nodes, ...idle] }, null, 2)}\n`);
}
