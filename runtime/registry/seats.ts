import { z } from 'zod';
import { type Code, codeName } from './codes';
import { answered } from './connection';
import { idempotencyKey, type SeatKeys, seatKeys } from './keys';
import type { ScriptedRedis } from './scripted-redis';
import { Reply, run } from './scripts';
import { refresh } from './scripts/refresh.6';
import { reserve } from './scripts/reserve.n';
import { suspend } from './scripts/suspend.3';
import {
  type NodeUpdate,
  type RefreshResult,
  type ReserveOptions,
  type ReserveRequest,
  type ReserveResult,
  type SeatRegistry,
  StaleEpoch,
} from './types';

/** How much longer than its ticket a seat is kept, in milliseconds: an arrival in the last moment is known a poll later. */
export const SEAT_GRACE_MS = 5_000;

/** How long an idempotency key is kept, in milliseconds. */
const IDEMPOTENCY_MS = 600_000;

/** Arrivals confirmed in one script call: Redis does nothing else for about a millisecond then. */
const ARRIVALS_PER_CALL = 500;

/** The least weight that a score is divided by. */
const MIN_WEIGHT = 0.001;

/** A node as the hash `nodes` keeps it. */
const StoredNode = z.object({
  nodeId: z.string(),
  startId: z.string(),
  endpoint: z.string(),
  zone: z.string(),
  version: z.string(),
  sessions: z.number(),
  connections: z.number(),
  capacity: z.number(),
  weight: z.number(),
  window: z.number(),
  standing: z.enum(['green', 'held', 'suspect', 'draining', 'sealed']),
});

const Counts = z.record(z.string(), z.coerce.number().int());

/** The seats of one cluster, in Redis. */
export class RedisSeats implements SeatRegistry {
  readonly #redis: ScriptedRedis;
  readonly #keys: SeatKeys;
  readonly #idempotencyKey: (key: string) => string;

  constructor(redis: ScriptedRedis, stack: string, cluster: string) {
    this.#redis = redis;
    redis.scripts.prepare(refresh, reserve, suspend);
    this.#keys = seatKeys(stack, cluster);
    this.#idempotencyKey = (key) => idempotencyKey(stack, cluster, key);
  }

  /**
   * In several calls when there are many arrivals, so that joins never wait long behind one; each node is written in one.
   * @throws StaleEpoch when a newer owner has written.
   */
  async refresh({
    epoch,
    nodes,
  }: {
    readonly epoch: number;
    readonly nodes: readonly NodeUpdate[];
  }): Promise<RefreshResult> {
    const pending = new Map<string, { count: number; expired: number }>();
    const all = parts(nodes);
    for (const [index, part] of all.entries()) {
      const listed = index === all.length - 1 ? nodes.map(({ nodeId }) => nodeId) : null;
      const reply = await this.#refreshPart(epoch, part, listed);
      for (const { nodeId } of part) pending.set(nodeId, { count: reply.int(), expired: reply.int() });
    }
    return { pending };
  }

  /** `listed`: ids of all nodes, so that others are removed; null: more parts are to come. */
  async #refreshPart(epoch: number, part: readonly NodeUpdate[], listed: readonly string[] | null): Promise<Reply> {
    const { epoch: epochKey, load, nodes, state, counts, pending } = this.#keys;
    const args: (string | number)[] = [epoch, listed === null ? 0 : 1, listed?.join('\n') ?? ''];
    for (const node of part) args.push(node.nodeId, stateText(node), storedText(node), node.arrivals.join('\n'));
    const keys = [epochKey, load, nodes, state, counts, pending];
    const reply = new Reply(refresh, await run(this.#redis, refresh, keys, args));
    if (codeName(reply.int()) === 'STALE') throw new StaleEpoch(epoch);
    return reply;
  }

  /** @throws StaleEpoch when a newer owner has written. */
  async suspend(nodeId: string, epoch: number): Promise<void> {
    const keys = [this.#keys.epoch, this.#keys.load, this.#keys.state];
    const reply = new Reply(suspend, await run(this.#redis, suspend, keys, [epoch, nodeId]));
    if (codeName(reply.int()) === 'STALE') throw new StaleEpoch(epoch);
  }

  async reserve(requests: readonly ReserveRequest[], options: ReserveOptions): Promise<ReserveResult[]> {
    if (requests.length === 0) return [];
    const { load, state, counts, pending } = this.#keys;
    const keys = [load, state, counts, pending];
    const { ticketTtlMs, policy, exclude } = options;
    const args: (string | number)[] = [ticketTtlMs, SEAT_GRACE_MS, IDEMPOTENCY_MS, policy, exclude.join('\n')];
    for (const { rids, idempotency } of requests) {
      if (idempotency !== undefined) {
        keys.push(this.#idempotencyKey(idempotency.key));
        args.push(`\n${idempotency.fingerprint}`);
      }
      args.push(rids.join('\n'));
    }
    const reply = new Reply(reserve, await run(this.#redis, reserve, keys, args));
    return requests.map(reserveResults(reply));
  }

  async pending(): Promise<ReadonlyMap<string, number>> {
    return new Map(Object.entries(Counts.parse(await answered(this.#redis.hgetall(this.#keys.counts)))));
  }

  async node(nodeId: string): Promise<NodeUpdate | null> {
    const stored = await answered(this.#redis.hget(this.#keys.nodes, nodeId));
    return stored === null ? null : { ...StoredNode.parse(JSON.parse(stored)), arrivals: [] };
  }
}

/** The nodes in parts of at most `ARRIVALS_PER_CALL` arrivals, or one node; one part at least, as also no node at all is to be written. */
function parts(nodes: readonly NodeUpdate[]): readonly NodeUpdate[][] {
  let current: NodeUpdate[] = [];
  const all = [current];
  let arrivals = 0;
  for (const node of nodes) {
    arrivals += node.arrivals.length;
    if (arrivals > ARRIVALS_PER_CALL && current.length > 0) {
      current = [];
      all.push(current);
      arrivals = node.arrivals.length;
    }
    current.push(node);
  }
  return all;
}

/** Reads the head of a reply of `reserve`; what is returned reads the answer to the next request. */
function reserveResults(reply: Reply): (request: ReserveRequest) => ReserveResult {
  const ticketExpiresAtMs = reply.int();
  const nodes: { nodeId: string; startId: string }[] = [];
  for (let left = reply.int(); left > 0; left--) nodes.push({ nodeId: reply.text(), startId: reply.text() });
  return ({ rids }) => {
    const answer = reply.int();
    if (answer < 0) return { ok: false, code: refusal(codeName(-answer)) };
    if (answer === 0) {
      const [nodeId, startId] = [reply.text(), reply.text()];
      return { ok: true, nodeId, startId, ticketExpiresAtMs: reply.int(), rids: reply.text().split('\n') };
    }
    const node = nodes[answer - 1];
    if (node === undefined) throw new Error(`reserve answered with node ${answer} of ${nodes.length}`);
    return { ok: true, nodeId: node.nodeId, startId: node.startId, ticketExpiresAtMs, rids };
  };
}

type Refusal = Extract<ReserveResult, { ok: false }>['code'];

function refusal(code: Code): Refusal {
  if (code === 'FULL' || code === 'BUSY' || code === 'NO_NODES' || code === 'IDEMPOTENCY_KEY_REUSED') return code;
  throw new Error(`reserve does not answer ${code}`);
}

/** What placement reads; see `SeatKeys.state`. */
function stateText(node: NodeUpdate): string {
  const weight = node.weight > MIN_WEIGHT ? node.weight : MIN_WEIGHT;
  return `${node.capacity} ${weight} ${node.window} ${node.sessions} ${node.standing} ${node.startId}`;
}

function storedText(node: NodeUpdate): string {
  return JSON.stringify({ ...node, arrivals: undefined });
}
