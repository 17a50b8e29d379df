import { z } from 'zod';
import { STEPS } from './bee';
import { Durations } from './histogram';

const Count = z.int().min(0);
const Counts = z.record(z.string(), Count);

/** One second of a run. */
const Slice = z.object({
  /** It ends this many seconds after the start. */
  second: z.int().min(1),
  /** Players connected at its end, and the fewest in it. */
  connected: Count,
  connectedLeast: Count,
  /** Open connections at its end, by node. */
  nodes: Counts,
  /** Within it: players that arrived, that came onto a lobby node, that finished, that failed; positions sent, states received. */
  arrived: Count,
  joined: Count,
  finished: Count,
  failed: Count,
  sent: Count,
  received: Count,
  /** Within it: delays of positions, and from a player's arrival to its lobby node. Histograms. */
  relay: z.string(),
  lobby: z.string(),
});
export type Slice = z.infer<typeof Slice>;

/** All that a run, or one process of it, came to, in a form that can be added. */
export const RunResult = z.object({
  version: z.literal(1),
  /** Unix milliseconds. */
  startedAtMs: z.number(),
  seconds: z.number(),
  players: Count,
  finished: Count,
  failed: Count,
  failures: Counts,
  fillIns: Count,
  rooms: Count,
  roomSizes: Counts,
  splitRooms: Count,
  peakConcurrent: Count,
  nodes: z.array(z.object({ id: z.string(), cluster: z.string(), peak: Count })),
  reconnects: Count,
  moves: Count,
  sent: Count,
  received: Count,
  /** Histograms. */
  steps: z.record(z.enum(STEPS), z.string()),
  relay: z.string(),
  slices: z.array(Slice),
});
export type RunResult = z.infer<typeof RunResult>;

/**
 * The results of several processes, which began at the same moment, as one: counts and histograms add up exactly. Peaks of several
 * processes are those of the seconds, and so never too high: players who were there during a whole second, connections at its end.
 * @throws when there is none
 */
export function mergeResults(results: readonly RunResult[]): RunResult {
  const [first] = results;
  if (first === undefined) throw new Error('there is no result to merge');
  if (results.length === 1) return first;
  const sum = (of: (result: RunResult) => number): number => total(results.map(of));
  const slices = mergeSlices(results);
  const most = (of: (slice: Slice) => number): number => Math.max(0, ...slices.map(of));
  return {
    version: 1,
    startedAtMs: Math.min(...results.map(({ startedAtMs }) => startedAtMs)),
    seconds: Math.max(...results.map(({ seconds }) => seconds)),
    players: sum(({ players }) => players),
    finished: sum(({ finished }) => finished),
    failed: sum(({ failed }) => failed),
    failures: addCounts(results.map(({ failures }) => failures)),
    fillIns: sum(({ fillIns }) => fillIns),
    rooms: sum(({ rooms }) => rooms),
    roomSizes: addCounts(results.map(({ roomSizes }) => roomSizes)),
    splitRooms: sum(({ splitRooms }) => splitRooms),
    peakConcurrent: Math.max(
      most(({ connectedLeast }) => connectedLeast),
      ...results.map((one) => one.peakConcurrent),
    ),
    nodes: mergeNodes(results, slices),
    reconnects: sum(({ reconnects }) => reconnects),
    moves: sum(({ moves }) => moves),
    sent: sum(({ sent }) => sent),
    received: sum(({ received }) => received),
    steps: {
      lobby: addDurations(results.map(({ steps }) => steps.lobby)),
      match: addDurations(results.map(({ steps }) => steps.match)),
      start: addDurations(results.map(({ steps }) => steps.start)),
      join: addDurations(results.map(({ steps }) => steps.join)),
      finish: addDurations(results.map(({ steps }) => steps.finish)),
    },
    relay: addDurations(results.map(({ relay }) => relay)),
    slices,
  };
}

function mergeNodes(results: readonly RunResult[], slices: readonly Slice[]): RunResult['nodes'] {
  const merged = new Map(results.flatMap(({ nodes }) => nodes).map((node) => [node.id, { ...node }]));
  for (const [id, node] of merged) {
    const own = results.flatMap(({ nodes }) => nodes.filter((other) => other.id === id)).map(({ peak }) => peak);
    node.peak = Math.max(...own, ...slices.map(({ nodes }) => nodes[id] ?? 0));
  }
  return [...merged.values()].toSorted(
    (one, other) => one.cluster.localeCompare(other.cluster) || one.id.localeCompare(other.id),
  );
}

function mergeSlices(results: readonly RunResult[]): Slice[] {
  const seconds = [...new Set(results.flatMap(({ slices }) => slices.map(({ second }) => second)))];
  return seconds
    .toSorted((a, b) => a - b)
    .map((second) =>
      addSlices(
        second,
        results.map(({ slices }) => sliceAt(slices, second)).filter((one) => one !== null),
      ),
    );
}

/**
 * What a process has to say of this second: null when it had ended before. One that was too busy to end a slice in time has a longer one:
 * its counts belong to its end, and who was there, to all of it.
 */
function sliceAt(slices: readonly Slice[], second: number): Slice | null {
  const slice = slices.find((one) => one.second >= second);
  if (slice === undefined || slice.second === second) return slice ?? null;
  const nothing = new Durations().encode();
  return {
    ...{ ...slice, second, arrived: 0, joined: 0, finished: 0, failed: 0, sent: 0, received: 0 },
    ...{ relay: nothing, lobby: nothing },
  };
}

function addSlices(second: number, parts: readonly Slice[]): Slice {
  const sum = (of: (slice: Slice) => number): number => total(parts.map(of));
  return {
    second,
    connected: sum(({ connected }) => connected),
    connectedLeast: sum(({ connectedLeast }) => connectedLeast),
    nodes: addCounts(parts.map(({ nodes }) => nodes)),
    arrived: sum(({ arrived }) => arrived),
    joined: sum(({ joined }) => joined),
    finished: sum(({ finished }) => finished),
    failed: sum(({ failed }) => failed),
    sent: sum(({ sent }) => sent),
    received: sum(({ received }) => received),
    relay: addDurations(parts.map(({ relay }) => relay)),
    lobby: addDurations(parts.map(({ lobby }) => lobby)),
  };
}

function addDurations(encoded: readonly string[]): string {
  return Durations.merged(encoded).encode();
}

function addCounts(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const counts of all) for (const [key, count] of Object.entries(counts)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
