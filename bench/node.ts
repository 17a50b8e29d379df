import { Command } from 'commander';
import { z } from 'zod';
import { number, whole } from '../runtime/arguments';
import { TestBalancer } from '../test/support/agent-client';
import { bundled, Side, say } from './side';

const ROOM_SIZE = 4;

/** Players more at each step. */
const STEPS = [500, 1_000, 1_500, 2_000, 2_500, 3_000];

/** A delay of a position up to this, in milliseconds, is what a player does not notice: a tick, and a third of one. */
const GOOD_P99_MS = 130;

/** Positions that came back, of those sent: below, the node is behind. Two of one player within a tick come back as one. */
const GOOD_RETURNED = 0.7;

/** A step that is not good is tried again, so often in all. */
const TRIES = 2;

const Play = z.object({
  sentPerSecond: z.number(),
  receivedPerSecond: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  returned: z.number(),
});
const Usage = z.object({ cpuMs: z.number(), rss: z.number(), used: z.number() });

export interface Step extends z.infer<typeof Play> {
  readonly relay: 'batched' | 'immediate';
  readonly players: number;
  /** Share of one core that the node used. */
  readonly cpu: number;
  readonly good: boolean;
}

/** The node under test, and the process of its players. */
class Rig {
  readonly #balancer: TestBalancer;
  readonly #node: Side;
  readonly #players: Side;
  readonly #endpoint: string;
  readonly #who: { readonly nodeId: string; readonly startId: string };
  #seats = 0;

  private constructor(balancer: TestBalancer, node: Side, players: Side, endpoint: string, startId: string) {
    this.#balancer = balancer;
    this.#node = node;
    this.#players = players;
    this.#endpoint = endpoint;
    this.#who = { nodeId: 'bench', startId };
  }

  static async start(file: string, relay: 'batched' | 'immediate'): Promise<Rig> {
    const balancer = new TestBalancer();
    const node = new Side(file, { role: 'node', publicKey: balancer.publicKey, relay }, ['--expose-gc']);
    const players = new Side(file, { role: 'players' });
    const { port } = await node.next(z.object({ port: z.number() }));
    await players.next(z.object({ ready: z.literal(true) }));
    const endpoint = `http://127.0.0.1:${port}`;
    const channel = await balancer.connect(endpoint, 'bench');
    return new Rig(balancer, node, players, endpoint, channel.hello.startId);
  }

  /** So many players more, in rooms or in none. */
  async join(count: number, rooms: boolean): Promise<void> {
    // Tickets live for half a minute, so not all at once.
    for (let left = count; left > 0; left -= ROOM_SIZE * 100) {
      const connect = Array.from({ length: Math.min(left, ROOM_SIZE * 100) }, () => this.#seat(rooms));
      this.#players.send({ connect, endpoint: this.#endpoint });
      await this.#players.next(z.object({ open: z.number() }));
    }
  }

  async play(rate: number, seconds: number): Promise<z.infer<typeof Play> & { readonly cpu: number }> {
    const warmUpSeconds = 3;
    const before = await this.usage();
    const startedAtMs = performance.now();
    this.#players.send({ play: { rate, warmUpSeconds, seconds } });
    const play = await this.#players.next(Play);
    const tookMs = performance.now() - startedAtMs;
    return { ...play, cpu: ((await this.usage()).cpuMs - before.cpuMs) / tookMs };
  }

  async usage(): Promise<z.infer<typeof Usage>> {
    this.#node.send({ usage: true });
    return await this.#node.next(Usage);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#node.end(), this.#players.end()]);
  }

  #seat(rooms: boolean): { player: string; room: string; ticket: string } {
    const index = this.#seats++;
    const player = `p${index}`;
    const id = `r${Math.floor(index / ROOM_SIZE)}`;
    const first = index - (index % ROOM_SIZE);
    const members = Array.from({ length: ROOM_SIZE }, (_, i) => `p${first + i}`);
    const over = rooms ? { room: { id, gen: 1, mode: 'battle', members } } : {};
    return { player, room: rooms ? id : '', ticket: this.#balancer.ticket(this.#who, player, over) };
  }
}

/** Players on one node, more and more, until their positions take too long. */
export async function measureNode(options: {
  readonly relay: 'batched' | 'immediate';
  readonly rate: number;
  readonly seconds: number;
  readonly steps?: readonly number[];
  readonly onStep: (step: Step) => void;
}): Promise<Step[]> {
  const { relay, rate, seconds, onStep } = options;
  const { file, remove } = await bundled('node-side.ts');
  const rig = await Rig.start(file, relay);
  const steps: Step[] = [];
  try {
    let there = 0;
    const attempt = async (players: number): Promise<Step> => {
      const play = await rig.play(rate, seconds);
      const good = play.p99Ms <= GOOD_P99_MS && play.returned >= GOOD_RETURNED;
      return { ...play, relay, players, good };
    };
    for (const players of options.steps ?? STEPS) {
      await rig.join(players - there, true);
      there = players;
      let step = await attempt(players);
      // Others on the machine can only make it worse.
      for (let tries = 1; !step.good && tries < TRIES; tries++) step = await attempt(players);
      steps.push(step);
      onStep(step);
      if (!step.good) break;
    }
    return steps;
  } finally {
    await rig.stop();
    await remove();
  }
}

/** What an idle connection costs the node, in bytes: of resident memory, and of that in use. */
export async function measureIdle(connections: number): Promise<{ readonly rss: number; readonly used: number }> {
  const { file, remove } = await bundled('node-side.ts');
  const rig = await Rig.start(file, 'batched');
  try {
    await rig.join(500, false);
    const before = await rig.usage();
    await rig.join(connections, false);
    const after = await rig.usage();
    return { rss: (after.rss - before.rss) / connections, used: (after.used - before.used) / connections };
  } finally {
    await rig.stop();
    await remove();
  }
}

export function describeStep({ relay, players, p50Ms, p99Ms, cpu, receivedPerSecond, returned, good }: Step): string {
  return (
    `${relay.padEnd(9)} ${String(players).padStart(6)} players  p50 ${p50Ms.toFixed(0).padStart(5)} ms  p99 ${p99Ms.toFixed(0).padStart(5)} ms  ` +
    `${Math.round(cpu * 100)} % of a core  ${Math.round(receivedPerSecond)} states/s  ${(returned * 100).toFixed(1)} % back  ${good ? 'good' : 'too many'}`
  );
}

async function main(): Promise<void> {
  const options = new Command('bench:node')
    .description(
      'How many players one game node carries on one core: rooms of 4, more and more players, until the p99 of a position, from when ' +
        `it was due until it is back, exceeds ${GOOD_P99_MS} ms. Batched: one STATE per room and tick (100 ms). Immediate: one per position.`,
    )
    .option('--rate <N>', 'positions per second and player', number(0.1, 30), 10)
    .option('--seconds <N>', 'length of each step', whole(1, 600), 5)
    .parse()
    .opts<{ rate: number; seconds: number }>();
  for (const relay of ['batched', 'immediate'] as const) {
    const steps = await measureNode({ ...options, relay, onStep: (step) => say(describeStep(step)) });
    const most = steps.findLast(({ good }) => good)?.players ?? 0;
    say(`${relay}: ${most} players. Take some seven tenths of it as capacity: ${Math.floor(most * 0.7)}.`);
  }
}

if (require.main === module) {
  void main().then(() => process.exit());
}
