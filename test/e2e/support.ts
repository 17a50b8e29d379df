import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from '@jest/globals';
import { eventually } from '../support/eventually';
import { Launched } from '../support/launched';

const ROOT = resolve(__dirname, '../..');

export type NodeCluster = 'lobby' | 'game';

export interface NodeView {
  readonly nodeId: string;
  readonly health: string;
  readonly phase: string;
  readonly version: string;
  readonly pending: number;
  readonly sessions: number;
}

/** The commands of one test, as a user types them: npm, its shell, and ours. */
export class Commands {
  readonly #runs: Launched[] = [];

  npm(args: readonly string[], env: Readonly<Record<string, string>> = {}): Launched {
    const run = new Launched('npm', ['--prefix', ROOT, ...args], env);
    this.#runs.push(run);
    return run;
  }

  /** A folder of this test's own. */
  folder(): string {
    const holder = new Launched(process.execPath, ['-e', '']);
    this.#runs.push(holder);
    return holder.folder;
  }

  cleanUp(): void {
    for (const run of this.#runs.splice(0)) run.cleanUp();
  }
}

/** A running local cluster as an operator sees it. */
export class Cluster {
  readonly run: Launched;
  readonly api: string;
  readonly #commands: Commands;

  private constructor(commands: Commands, run: Launched) {
    this.#commands = commands;
    this.run = run;
    this.api = /http:\/\/127\.0\.0\.1:\d+/.exec(run.output)?.[0] ?? '';
  }

  /** Without bees. */
  static async start(
    commands: Commands,
    lobby: number,
    game: number,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Cluster> {
    const sizes = ['--lobby', String(lobby), '--game', String(game)];
    const run = commands.npm(['start', '--', '--port', '0', '--players', '0', ...sizes], env);
    await run.prints('Ctrl-C ends everything', 60_000);
    return new Cluster(commands, run);
  }

  /** Process id of a node or balancer that was there at first, as `npm start` printed it. */
  pid(nodeId: string): number {
    const printed = new RegExp(`^${nodeId}\\s+pid (\\d+)`, 'm').exec(this.run.output)?.[1];
    if (printed === undefined) throw new Error(`${nodeId} was not printed:\n${this.run.output}`);
    return Number(printed);
  }

  /** Process ids of the balancers that were there at first. */
  balancers(): number[] {
    return [...this.run.output.matchAll(/^balancer-\S+\s+pid (\d+)/gm)].map((match) => Number(match[1]));
  }

  async nodes(cluster: NodeCluster): Promise<readonly NodeView[]> {
    const { clusters } = await this.#get<{ clusters: { cluster: string; nodes: NodeView[] }[] }>('/v1/clusters');
    return clusters.find((entry) => entry.cluster === cluster)?.nodes ?? [];
  }

  async node(cluster: NodeCluster, nodeId: string): Promise<NodeView | undefined> {
    return (await this.nodes(cluster)).find((node) => node.nodeId === nodeId);
  }

  /** What was decided and done about a cluster, of all balancers, as far as it was printed. */
  printed(kind: string, cluster: NodeCluster): string[] {
    return this.run.output.split('\n').filter((line) => line.includes(`: ${kind} ${cluster}`));
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
  withPlayers(cluster: NodeCluster, sessions: number): Promise<NodeView> {
    return eventually(
      `a ${cluster} node has ${sessions} players`,
      async () => (await this.nodes(cluster)).find((node) => node.sessions >= sessions),
      60_000,
    );
  }

  /** `npm run local -- …`, in the temporary folder of the cluster, where it finds it. */
  local(...args: readonly string[]): Launched {
    const port = new URL(this.api).port;
    return this.#commands.npm(['run', 'local', '--', ...args, '--port', port], { TMPDIR: this.run.folder });
  }

  /** Players who play once. */
  bees(players: number, ramp: number, play: number, ...more: readonly string[]): Bees {
    const file = join(this.#commands.folder(), 'bees.json');
    const options = { api: this.api, players, ramp, play, json: file };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    const run = this.#commands.npm(['run', 'bees', '--', ...args, ...more]);
    return { run, summary: () => JSON.parse(readFileSync(file, 'utf8')) };
  }

  async #get<T>(path: string): Promise<T> {
    const reply = await fetch(`${this.api}${path}`, { headers: { authorization: 'Bearer local-dev-key' } });
    return (await reply.json()) as T;
  }
}

export interface Bees {
  readonly run: Launched;
  summary(): Record<string, unknown>;
}

export async function allFinish({ run, summary }: Bees, players: number): Promise<void> {
  const { code } = await run.exited;
  expect({ code, output: code === 0 ? '' : run.output }).toEqual({ code: 0, output: '' });
  expect(summary()).toMatchObject({ players, finished: players, failed: 0, splitRooms: 0 });
}

/** Waits until so many milliseconds have passed since then (as `performance.now()` said). */
export function after(sinceMs: number, ms: number): Promise<unknown> {
  return eventually(`${ms} ms have passed`, () => performance.now() >= sinceMs + ms, ms + 5_000);
}
