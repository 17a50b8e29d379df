import { z } from 'zod';
import { Durations } from '../runtime/bees/histogram';
import { lightWires } from '../runtime/bees/light/wire';
import type { OpenWire, Wire } from '../runtime/client';
import { field } from '../runtime/client/shape';
import { PositionPayload } from '../runtime/core/protocol/events';
import { createGameServer } from '../runtime/game';
import type { GamePlugin, PluginMessage, RoomLogic } from '../runtime/game/plugin';
import { positions } from '../runtime/game/plugins/positions';

/** One process of `npm run bench:node`: the game node, or the players on it. */
const Setup = z.discriminatedUnion('role', [
  z.object({ role: z.literal('node'), publicKey: z.string(), relay: z.enum(['batched', 'immediate']) }),
  z.object({ role: z.literal('players') }),
]);

/** What the players' process is told to do; it answers each with a message. */
const Command = z.union([
  /** Connect these; answered with `{ open }`. */
  z.object({
    connect: z.array(z.object({ player: z.string(), room: z.string(), ticket: z.string() })),
    endpoint: z.string(),
  }),
  /** Send positions for so many seconds, and time the last ones of them; answered with the figures. */
  z.object({ play: z.object({ rate: z.number(), warmUpSeconds: z.number(), seconds: z.number() }) }),
]);

const events = { POSITION: PositionPayload };

/** The other way to relay: each position at once, to everybody in the room. */
const immediate: GamePlugin = {
  events,
  create: (room): RoomLogic<PluginMessage<typeof events>> => ({
    onMessage: (player, { payload }) =>
      room.send('STATE', { room_id: room.id, tick: 0, positions: { [player]: payload } }),
  }),
};

async function node(publicKey: string, relay: 'batched' | 'immediate'): Promise<void> {
  const server = await createGameServer({
    agent: { nodeId: 'bench', cluster: 'game', version: '1', capacity: 100_000, publicKeys: [publicKey] },
    plugin: relay === 'batched' ? positions : immediate,
    connectWithinMs: 600_000,
  });
  process.on('message', () => {
    globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send?.({ cpuMs: (user + system) / 1_000, rss, used: heapUsed + external });
  });
  process.send?.({ port: server.port });
}

/** Connections under way at once. */
const AT_ONCE = 50;

/** Positions that are remembered per player: some seconds of them. */
const MOST_UNDER_WAY = 50;

interface Player {
  readonly name: string;
  readonly wire: Wire;
  /** Positions that have not come back; one that a later one overtook within a tick never does. */
  underWay: readonly { readonly x: number; readonly dueAtMs: number }[];
}

class Players {
  readonly #open: OpenWire = lightWires();
  readonly #players: Player[] = [];
  readonly #delays = new Durations();
  #sent = 0;
  #received = 0;
  #timing = false;

  async connect(endpoint: string, seats: readonly { player: string; room: string; ticket: string }[]): Promise<number> {
    const left = [...seats];
    const worker = async (): Promise<void> => {
      for (let seat = left.shift(); seat !== undefined; seat = left.shift()) await this.#join(endpoint, seat);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return this.#players.length;
  }

  /** Each player's positions are due at an even rate, from a moment of its own; one that goes out late counts from when it was due. */
  async play(rate: number, warmUpSeconds: number, seconds: number) {
    const intervalMs = 1_000 / rate;
    const startMs = performance.now();
    const due = this.#players.map((_, i) => startMs + (i / this.#players.length) * intervalMs);
    let fromMs = startMs + warmUpSeconds * 1_000;
    const untilMs = fromMs + seconds * 1_000;
    for (let next = 0; performance.now() < untilMs; ) {
      const nowMs = performance.now();
      if (!this.#timing && nowMs >= fromMs) {
        this.#timing = true;
        this.#delays.reset();
        [this.#sent, this.#received, fromMs] = [0, 0, nowMs];
      }
      for (let dueAtMs = due[next]; dueAtMs !== undefined && dueAtMs <= nowMs; dueAtMs = due[next]) {
        this.#send(next, dueAtMs);
        due[next] = dueAtMs + intervalMs;
        next = (next + 1) % this.#players.length;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const took = (performance.now() - fromMs) / 1_000;
    this.#timing = false;
    return {
      sentPerSecond: this.#sent / took,
      receivedPerSecond: this.#received / took,
      p50Ms: this.#delays.percentile(50),
      p99Ms: this.#delays.percentile(99),
      // Lost to the rate limit or to a backlog: those that came back, of those sent.
      returned: this.#delays.count / Math.max(1, this.#sent),
    };
  }

  #send(index: number, dueAtMs: number): void {
    const player = this.#players[index];
    if (player === undefined) return;
    const x = Math.random() * 1_000;
    player.underWay = [...player.underWay.slice(-MOST_UNDER_WAY), { x, dueAtMs }];
    player.wire.emit('POSITION', [{ x, y: 1 }]);
    this.#sent += 1;
  }

  #join(
    endpoint: string,
    { player: name, room, ticket }: { player: string; room: string; ticket: string },
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const wire = this.#open(
        endpoint,
        { ticket },
        {
          onOpen: () => {
            this.#players.push(player);
            if (room === '') return resolve();
            wire.emit('CONNECT', [{ room_id: room }]);
          },
          onFail: ({ message }) => reject(new Error(message)),
          onClose: (reason) => {
            throw new Error(`the node has closed a connection: ${reason}`);
          },
          onEvent: (event, [payload]) => {
            if (event === 'JOINED') resolve();
            if (event === 'STATE') this.#onState(player, field(payload, 'positions'));
          },
        },
      );
      const player: Player = { name, wire, underWay: [] };
    });
  }

  #onState(player: Player, seen: unknown): void {
    this.#received += 1;
    const x = field(field(seen, player.name), 'x');
    const index = player.underWay.findIndex((position) => position.x === x);
    const position = player.underWay[index];
    if (position === undefined) return;
    this.#delays.record(performance.now() - position.dueAtMs);
    player.underWay = player.underWay.slice(index + 1);
  }
}

function players(): void {
  const all = new Players();
  process.on('message', async (message) => {
    const command = Command.parse(message);
    if ('connect' in command) process.send?.({ open: await all.connect(command.endpoint, command.connect) });
    else process.send?.(await all.play(command.play.rate, command.play.warmUpSeconds, command.play.seconds));
  });
  process.send?.({ ready: true });
}

const setup = Setup.parse(JSON.parse(process.argv[2] ?? ''));
process.on('disconnect', () => process.exit());
if (setup.role === 'node') void node(setup.publicKey, setup.relay);
else players();
