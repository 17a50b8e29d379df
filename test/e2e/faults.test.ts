import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually';
import { Launched } from '../support/launched';

const ROOT = resolve(__dirname, '../..');
const runs: Launched[] = [];

afterEach(() => {
  for (const run of runs.splice(0)) run.cleanUp();
});

function npm(...args: readonly string[]): Launched {
  const run = new Launched('npm', ['--prefix', ROOT, ...args]);
  runs.push(run);
  return run;
}

interface NodeView {
  readonly nodeId: string;
  readonly health: string;
  readonly pending: number;
  readonly sessions: number;
}

/** A running local cluster as an operator sees it. */
class Cluster {
  readonly #run: Launched;
  readonly api: string;

  private constructor(run: Launched) {
    this.#run = run;
    this.api = /http:\/\/127\.0\.0\.1:\d+/.exec(run.output)?.[0] ?? '';
  }

  static async start(lobby: number, game: number): Promise<Cluster> {
    const sizes = ['--lobby', String(lobby), '--game', String(game)];
    const run = npm('start', '--', '--port', '0', '--players', '0', ...sizes);
    await run.prints('Ctrl-C ends everything', 60_000);
    return new Cluster(run);
  }

  /** Process id of a node of the cluster, as `npm start` printed it. */
  pid(nodeId: string): number {
    const printed = new RegExp(`^${nodeId}\\s+pid (\\d+)`, 'm').exec(this.#run.output)?.[1];
    if (printed === undefined) throw new Error(`${nodeId} was not printed:\n${this.#run.output}`);
    return Number(printed);
  }

  async nodes(cluster: 'lobby' | 'game'): Promise<readonly NodeView[]> {
    const reply = await fetch(`${this.api}/v1/clusters`, { headers: { authorization: 'Bearer local-dev-key' } });
    const { clusters } = (await reply.json()) as { clusters: { cluster: string; nodes: NodeView[] }[] };
    return clusters.find((entry) => entry.cluster === cluster)?.nodes ?? [];
  }

  async node(cluster: 'lobby' | 'game', nodeId: string): Promise<NodeView | undefined> {
    return (await this.nodes(cluster)).find((node) => node.nodeId === nodeId);
  }

  /** Asks for a lobby node as a player would; the node's id. */
  async askLobby(): Promise<string> {
    const reply = await fetch(`${this.api}/v1/lobby`, {
      method: 'POST',
      headers: { authorization: 'Bearer local-dev-key', 'content-type': 'application/json' },
      body: JSON.stringify({ playerId: 'prober' }),
    });
    return ((await reply.json()) as { nodeId: string }).nodeId;
  }

  /** A node that has `sessions` players. */
  withPlayers(cluster: 'lobby' | 'game', sessions: number): Promise<NodeView> {
    return eventually(
      `a ${cluster} node has ${sessions} players`,
      async () => (await this.nodes(cluster)).find((node) => node.sessions >= sessions),
      60_000,
    );
  }
}

interface Bees {
  readonly run: Launched;
  summary(): Record<string, unknown>;
}

function bees(cluster: Cluster, players: number, ramp: number, play: number): Bees {
  const holder = new Launched(process.execPath, ['-e', '']);
  runs.push(holder);
  const file = join(holder.folder, 'bees.json');
  const options = { api: cluster.api, players, ramp, play, json: file };
  const run = npm(
    'run',
    'bees',
    '--',
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]),
  );
  return { run, summary: () => JSON.parse(readFileSync(file, 'utf8')) };
}

async function allFinish({ run, summary }: Bees, players: number): Promise<void> {
  const { code } = await run.exited;
  expect({ code, output: code === 0 ? '' : run.output }).toEqual({ code: 0, output: '' });
  expect(summary()).toMatchObject({ players, finished: players, failed: 0, splitRooms: 0 });
}

/** Out of rotation within 2 s. What was reserved until then shows in `pending` with the next tick; from then on it only runs out. */
async function outOfRotation(cluster: Cluster, name: 'lobby' | 'game', nodeId: string, sinceMs: number): Promise<void> {
  await after(sinceMs, 2_000);
  expect((await cluster.node(name, nodeId))?.health ?? 'gone').not.toBe('green');
  await after(sinceMs, 3_500);
  let before = (await cluster.node(name, nodeId))?.pending ?? 0;
  while (performance.now() < sinceMs + 8_000) {
    const now = (await cluster.node(name, nodeId))?.pending ?? 0;
    expect(now).toBeLessThanOrEqual(before);
    before = now;
    if (name === 'lobby') expect(await cluster.askLobby()).not.toBe(nodeId);
    await after(performance.now(), 100);
  }
}

function after(sinceMs: number, ms: number): Promise<unknown> {
  return eventually(`${ms} ms have passed`, () => performance.now() >= sinceMs + ms, ms + 1_000);
}

describe('a node under load', () => {
  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'game, %s: its rooms go on together elsewhere, every player finishes',
    async (signal) => {
      const cluster = await Cluster.start(2, 3);
      const swarm = bees(cluster, 120, 12, 12);
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
      const cluster = await Cluster.start(3, 2);
      // Two players wait for two more that come after the fault.
      const early = bees(cluster, 120, 10, 3);
      const victim = await cluster.withPlayers('lobby', 3);
      const sinceMs = performance.now();
      process.kill(cluster.pid(victim.nodeId), signal);
      await outOfRotation(cluster, 'lobby', victim.nodeId, sinceMs);
      await allFinish(early, 120);
    },
    180_000,
  );
});
