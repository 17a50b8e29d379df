import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { bundle } from '../../runtime/bundle';
import { type LocalCluster, startCluster } from '../../runtime/local/cluster';
import { startGuard } from '../../runtime/local/guard';
import { Terminal } from '../../runtime/local/terminal';
import { roomKey } from '../../runtime/registry/keys';
import { FaultyFleet } from './faulty-fleet';
import { ClustersAnswer, EventsAnswer, type Recording } from './recording';

const API_KEY = 'docs';
const SECOND = 1_000;
/** The longest that anything is waited for, in milliseconds. */
const LIMIT_MS = 120 * SECOND;

/** Runs a local cluster through all that a message can be about, in about three minutes, and gives back what it said of it. */
export async function record(): Promise<Recording> {
  const terminal = new Terminal(process.stdout);
  const guard = startGuard();
  const fleet = new FaultyFleet();
  const cluster = await startCluster({
    ...{ sizes: { lobby: 2, game: 3 }, maximum: { lobby: 3, game: 6 }, capacity: { lobby: 30, game: 20 } },
    ...{ port: 0, apiKey: API_KEY, verbose: false, bundle, guard, terminal, signal: new AbortController().signal },
    settings: { RED_AFTER_MS: '3000' },
    route: async (_, to, address) => (to === 'fleet' ? fleet.before(address) : address),
  });
  try {
    return await new Story(cluster, fleet, (line) => terminal.say(`— ${line}`)).play();
  } finally {
    await cluster.stop();
    fleet.stop();
    await guard.stop();
  }
}

class Story {
  readonly #cluster: LocalCluster;
  readonly #fleet: FaultyFleet;
  readonly #say: (line: string) => void;

  constructor(cluster: LocalCluster, fleet: FaultyFleet, say: (line: string) => void) {
    this.#cluster = cluster;
    this.#fleet = fleet;
    this.#say = say;
  }

  async play(): Promise<Recording> {
    await this.#until('cluster-owned', 2);
    const tide = await this.#tide();
    await this.#until('scaling-terminate', 2);
    await this.#deadNode();
    await this.#orders();
    await this.#massFailure();
    await this.#failOver();
    await this.#apiError();
    await this.#lostRedis();
    const events = await this.#events();
    return { ...tide, events: events.map(({ id: _, ...event }) => event) };
  }

  /** More players than there is room for; the fleet's API fails for a while. */
  async #tide(): Promise<Omit<Recording, 'events'>> {
    this.#say('more players than there is room for');
    const { api, bundles } = this.#cluster;
    this.#fleet.broken = true;
    const bees = spawn(
      process.execPath,
      [bundles.bundles.bees.file, '--api', api, '--api-key', API_KEY, '--players', '130', '--ramp', '8', '--loop'],
      { stdio: 'ignore' },
    );
    try {
      await this.#until('scaling-failed');
      this.#fleet.broken = false;
      await this.#until('scaling-grow', 2);
      await this.#until('at-maximum');
      await sleep(10 * SECOND);
      const { clusters } = ClustersAnswer.parse(await this.#get('/v1/clusters'));
      return { atMs: Date.now(), clusters };
    } finally {
      this.#say('nobody plays any more');
      bees.kill();
    }
  }

  async #deadNode(): Promise<void> {
    this.#say('a node hangs');
    this.#signal(this.#pids('game').slice(0, 1), 'SIGSTOP');
    await this.#until('node-red');
    await sleep(10 * SECOND);
  }

  async #orders(): Promise<void> {
    this.#say('an operator has a node drained');
    const nodeId = this.#cluster.groups.get('game')?.describe()[0]?.nodeId;
    const [page] = this.#cluster.pages;
    await fetch(`${page?.url}/v1/operator/orders`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ order: 'drain', nodeId, by: 'alice', why: 'its disk is full' }),
    });
    await this.#until('order-drain');
  }

  async #massFailure(): Promise<void> {
    this.#say('every lobby node hangs');
    const pids = this.#pids('lobby');
    this.#signal(pids, 'SIGSTOP');
    await this.#until('mass-failure-began');
    await sleep(SECOND);
    this.#signal(pids, 'SIGCONT');
    await this.#until('mass-failure-ended');
  }

  async #failOver(): Promise<void> {
    this.#say('a balancer hangs');
    const pids = [...(this.#cluster.balancers.get('game')?.describe() ?? [])].map(({ pid }) => pid);
    this.#signal(pids, 'SIGSTOP');
    await sleep(10 * SECOND);
    this.#signal(pids, 'SIGCONT');
    await this.#until('the peer handed it over');
  }

  /** Somebody writes into our keys what is no room. */
  async #apiError(): Promise<void> {
    this.#say('a request fails');
    const redis = new Redis(this.#cluster.redis.url);
    await redis.set(roomKey('local-realtime', 'game', 'broken'), 'no room');
    await this.#get('/v1/rooms/broken');
    await this.#until('api-errors');
    redis.disconnect();
  }

  async #lostRedis(): Promise<void> {
    this.#say('Redis hangs');
    const pid = this.#cluster.redis.process?.pid;
    if (pid === undefined) throw new Error('a private Redis is needed: unset REDIS_URL');
    this.#signal([pid], 'SIGSTOP');
    await sleep(6 * SECOND);
    this.#signal([pid], 'SIGCONT');
    await this.#until('registry-relied-on', 2);
    await sleep(5 * SECOND);
  }

  #pids(cluster: string): number[] {
    return (this.#cluster.groups.get(cluster)?.describe() ?? []).map(({ pid }) => pid);
  }

  #signal(pids: readonly number[], signal: NodeJS.Signals): void {
    for (const pid of pids) process.kill(pid, signal);
  }

  /** Waits until so many events have these words in their kind, reason or details. */
  async #until(words: string, count = 1): Promise<void> {
    const deadline = performance.now() + LIMIT_MS;
    for (;;) {
      const found = (await this.#events()).filter((event) => JSON.stringify(event).includes(words));
      if (found.length >= count) return;
      if (performance.now() > deadline) throw new Error(`not ${count} × ${words} within ${LIMIT_MS} ms`);
      await sleep(SECOND / 2);
    }
  }

  async #events() {
    const answer = EventsAnswer.safeParse(await this.#get('/v1/events?limit=1000'));
    return answer.data?.events ?? [];
  }

  async #get(path: string): Promise<unknown> {
    const { api } = this.#cluster;
    const headers = { authorization: `Bearer ${API_KEY}` };
    return fetch(`${api}${path}`, { headers }).then(
      (response) => response.json(),
      () => null,
    );
  }
}
