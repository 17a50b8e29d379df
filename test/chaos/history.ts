import { z } from 'zod';

/**
 * What was seen of a run, from outside: by the bees, by who runs the processes, on the wires between the parts, and in Redis. Each entry
 * is one JSON line; `t` is milliseconds since the begin, monotonic, of one clock. Balancers appear by the id of their start
 * (`balancer-a-4f1c2e`), their machines by the name of the group (`balancer-a`).
 */
const entry = <K extends string, S extends z.ZodRawShape>(kind: K, shape: S) =>
  z.object({ t: z.number(), kind: z.literal(kind), ...shape });

const Role = z.enum(['lobby', 'game']);

export const Entry = z.discriminatedUnion('kind', [
  /** Always the first. Times in milliseconds. */
  entry('begin', {
    redAfterMs: z.number(),
    graceMs: z.number(),
    pollMs: z.number(),
    inCooldownMs: z.number(),
    outCooldownMs: z.number(),
    roomSize: z.number(),
  }),

  // Faults: what was done to which parts. Parts: ids of nodes and balancers' starts, and `redis`.
  entry('fault', { id: z.number(), what: z.string(), touches: z.array(z.string()) }),
  entry('healed', { id: z.number() }),

  // Processes, from who runs them.
  entry('process', {
    what: z.enum(['started', 'terminate', 'unhealthy', 'ended']),
    /** `lobby` or `game`, or the name of a balancer's group. */
    group: z.string(),
    nodeId: z.string(),
  }),
  /** What a balancer asked of who runs the processes, as it passed by. */
  entry('fleet', {
    by: z.string(),
    what: z.enum(['grow', 'terminate', 'unhealthy']),
    cluster: z.string(),
    nodeId: z.string().optional(),
    size: z.number().optional(),
  }),

  // The agent channel, as it passed by: answers when they reached the balancer.
  entry('asked', { by: z.string(), nodeId: z.string(), epoch: z.number().nullable() }),
  entry('stats', {
    by: z.string(),
    nodeId: z.string(),
    startId: z.string(),
    phase: z.enum(['open', 'draining', 'sealed']),
    epoch: z.number(),
    sessions: z.number(),
    /** From the question's arrival at the node to the answer's at the balancer, in milliseconds. */
    tookMs: z.number().default(0),
  }),
  entry('ordered', { by: z.string(), nodeId: z.string(), order: z.string(), epoch: z.number() }),
  entry('obeyed', { by: z.string(), nodeId: z.string(), order: z.string(), epoch: z.number() }),
  entry('refused', { by: z.string(), nodeId: z.string(), order: z.string(), epoch: z.number(), code: z.string() }),

  // A balancer's writes to the registry under an epoch, as they passed by, and what Redis answered.
  entry('writes', { by: z.string(), cluster: z.string(), epoch: z.number() }),
  entry('written', { by: z.string(), cluster: z.string(), epoch: z.number(), taken: z.boolean() }),

  // Redis, read directly: when it changed.
  entry('lease', { cluster: z.string(), owner: z.string().nullable(), epoch: z.number().nullable() }),
  entry('epoch', { cluster: z.string(), epoch: z.number() }),

  // What the balancers tell operators.
  entry('event', { by: z.string(), what: z.string(), cluster: z.string().optional(), reason: z.string() }),
  entry('request', { to: z.string(), ok: z.boolean(), code: z.string(), tookMs: z.number() }),

  // Players.
  entry('player', {
    playerId: z.string(),
    what: z.enum(['begins', 'finished', 'failed', 'stopped']),
    reason: z.string(),
  }),
  entry('assigned', {
    playerId: z.string(),
    role: Role,
    nodeId: z.string(),
    startId: z.string(),
    /** When the player began to ask for it. */
    askedT: z.number(),
    /** Until when the ticket is good. */
    untilT: z.number(),
    room: z.object({ id: z.string(), gen: z.number() }).nullable(),
  }),
  entry('opened', { playerId: z.string(), role: Role, nodeId: z.string() }),
  /** `wanted`: by the player. */
  entry('closed', { playerId: z.string(), role: Role, nodeId: z.string(), wanted: z.boolean(), reason: z.string() }),
  entry('matched', { playerId: z.string(), roomId: z.string(), members: z.array(z.string()) }),
  entry('complete', { playerId: z.string(), roomId: z.string(), gen: z.number(), nodeId: z.string() }),
  /** The player has no part in the room any more: it finished, or the room broke up for it. */
  entry('left', { playerId: z.string(), roomId: z.string() }),
  /** Somebody without a right knocked at a node. */
  entry('knocked', { nodeId: z.string(), with: z.string(), letIn: z.boolean() }),

  /** The observer itself was held up for so long. */
  entry('lag', { ms: z.number() }),
]);
export type Entry = z.infer<typeof Entry>;
export type Of<K extends Entry['kind']> = Extract<Entry, { kind: K }>;

export type History = readonly Entry[];

/** The entries of some kinds, in their order. */
export function only<K extends Entry['kind']>(history: History, ...kinds: readonly K[]): Of<K>[] {
  const wanted = new Set<string>(kinds);
  return history.filter((each): each is Of<K> => wanted.has(each.kind));
}

/** @throws when a line is none of ours. */
export function parseHistory(text: string): Entry[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Entry.parse(JSON.parse(line)));
}
