import type { Health } from './snapshot';

export interface HealthConfig {
  /** Period of the polls and ticks, in milliseconds. */
  readonly pollMs: number;
  /** Silence after which a node is red, in milliseconds; counted in polls that were sent and not answered. */
  readonly redAfterMs: number;
}

/** What the polls of one node gave since the last step; the latest outcome counts. */
export type PollOutcome =
  | { readonly kind: 'answered'; readonly startId: string }
  /** `count` polls in a row missed, the last one sent at `sentAtMs`. */
  | { readonly kind: 'missed'; readonly count: number; readonly sentAtMs: number };

export interface HealthSample {
  /** Instances that exist, as of the fleet's last successful answer: absence is believed. */
  readonly listed: ReadonlySet<string>;
  /** Nodes that the fleet was, or may have been, told to replace: dead or booting, they do not come back, nor up. */
  readonly condemned: ReadonlySet<string>;
  /** Nodes that the autoscaler lets go: when they die it ends them, and nobody wants them replaced. @default none */
  readonly leaving?: ReadonlySet<string>;
  /** A node that is absent has no news: it was not asked, or the answer is still under way. */
  readonly polls: ReadonlyMap<string, PollOutcome>;
}

export interface NodeHealth {
  readonly health: Health;
  /** The start that last answered; null before the first answer. */
  readonly startId: string | null;
  readonly silent: boolean;
  /** How long it has not answered, in milliseconds. */
  readonly silentMs: number;
  /** The part of `silentMs` that counts towards red: starts anew after a mass failure. */
  readonly blameMs: number;
}

export interface HealthState {
  readonly nodes: ReadonlyMap<string, NodeHealth>;
  readonly massFailure: boolean;
  /** When the last step ran, by a monotonic clock in milliseconds; null before the first. */
  readonly atMs: number | null;
  /** The last step came late: we are slow for good, not just back from a pause. */
  readonly late: boolean;
  /** Polls sent before this time are no evidence, as we were paused ourselves. */
  readonly trustFromMs: number;
}

export type HealthAction =
  /** Take it out of the registry: its sessions and reservations are gone. */
  | { readonly kind: 'evict'; readonly nodeId: string; readonly reason: 'silent' | 'gone' | 'restarted' }
  /** Have it replaced. Repeated each step until the node answers again or is gone; not for one that leaves. */
  | { readonly kind: 'report'; readonly nodeId: string };

export interface HealthStep {
  readonly state: HealthState;
  readonly nodes: ReadonlyMap<string, Health>;
  readonly actions: readonly HealthAction[];
  readonly massFailure: boolean;
  readonly reason: string;
}

export const INITIAL_HEALTH: HealthState = {
  nodes: new Map(),
  massFailure: false,
  atMs: null,
  late: false,
  trustFromMs: Number.NEGATIVE_INFINITY,
};

const BOOTING: NodeHealth = { health: 'booting', startId: null, silent: false, silentMs: 0, blameMs: 0 };

/** A tick counts at most this many times its length, and one that comes later than this is our own pause. */
const MOST_TICKS = 2;

/**
 * One tick of a whole cluster. `nowMs` is monotonic.
 *
 * booting until the first answer; a missed poll makes suspect, an answer green again; `redAfterMs` of silence makes red: evicted and
 * reported. What the fleet no longer lists is evicted at once. More than half silent, at least two (rule S8): they are held, none
 * is evicted for silence, and what counts towards red starts anew when it is over. After a pause of our own, polls from before it,
 * and those of the first second after it, accuse nobody.
 */
export function stepHealth(state: HealthState, sample: HealthSample, nowMs: number, config: HealthConfig): HealthStep {
  const late = state.atMs !== null && nowMs - state.atMs > MOST_TICKS * config.pollMs;
  const trustFromMs = late && !state.late ? nowMs + config.pollMs : state.trustFromMs;
  const actions: HealthAction[] = [];
  for (const [nodeId, node] of state.nodes) {
    if (!sample.listed.has(nodeId)) actions.push({ kind: 'evict', nodeId, reason: 'gone' });
    else if (restarted(node, sample.polls.get(nodeId))) actions.push({ kind: 'evict', nodeId, reason: 'restarted' });
  }

  const heard = new Map<string, NodeHealth>();
  for (const nodeId of sample.listed) {
    const node = state.nodes.get(nodeId) ?? BOOTING;
    heard.set(nodeId, hear(node, sample.polls.get(nodeId), sample.condemned.has(nodeId), trustFromMs, config));
  }
  const massFailure = isMassFailure(heard);
  const nodes = new Map<string, NodeHealth>();
  for (const [nodeId, node] of heard) {
    const judged = judge(node, massFailure, config);
    nodes.set(nodeId, judged);
    if (judged.health !== 'red' || !judged.silent) continue;
    if (node.health !== 'red') actions.push({ kind: 'evict', nodeId, reason: 'silent' });
    if (!massFailure && sample.leaving?.has(nodeId) !== true) actions.push({ kind: 'report', nodeId });
  }
  return result({ nodes, massFailure, atMs: nowMs, late, trustFromMs }, actions);
}

/**
 * Between two ticks: these nodes just missed a poll (sent at `sentAtMs`) or their channel broke (then), so they take no joins from
 * now on. Counts no silence and evicts nobody; that is the next tick's. The same state comes back when nothing changed.
 */
export function suspectNow(
  state: HealthState,
  missed: ReadonlyMap<string, number>,
  nowMs: number,
  config: HealthConfig,
): HealthState {
  if (state.atMs === null || nowMs - state.atMs > MOST_TICKS * config.pollMs) return state;
  const nodes = new Map(state.nodes);
  let changed = false;
  for (const [nodeId, sentAtMs] of missed) {
    const node = nodes.get(nodeId);
    if (node === undefined || node.health !== 'green' || sentAtMs < state.trustFromMs) continue;
    nodes.set(nodeId, { ...node, silent: true });
    changed = true;
  }
  if (!changed) return state;
  const massFailure = isMassFailure(nodes);
  for (const [nodeId, node] of nodes) nodes.set(nodeId, relabel(node, massFailure));
  return { ...state, nodes, massFailure };
}

/** A node that the registry knows although it has not answered us yet (we have just started): silent from now on, not booting. */
export function adopt(state: HealthState, nodeId: string, startId: string): HealthState {
  const node = state.nodes.get(nodeId);
  if (node === undefined || node.health !== 'booting') return state;
  const nodes = new Map(state.nodes).set(nodeId, { ...BOOTING, health: 'suspect', startId, silent: true });
  return { ...state, nodes };
}

function restarted(node: NodeHealth, outcome: PollOutcome | undefined): boolean {
  return outcome?.kind === 'answered' && node.startId !== null && node.startId !== outcome.startId;
}

/** Takes in what was heard; labels are `judge`'s. */
function hear(
  node: NodeHealth,
  outcome: PollOutcome | undefined,
  condemned: boolean,
  trustFromMs: number,
  config: HealthConfig,
): NodeHealth {
  if (outcome === undefined) return node;
  if (outcome.kind === 'answered') {
    const ended = condemned && (node.health === 'red' || node.health === 'booting');
    const health = ended ? 'red' : 'green';
    return { health, startId: outcome.startId, silent: false, silentMs: 0, blameMs: 0 };
  }
  if (node.health === 'booting' || outcome.sentAtMs < trustFromMs) return node;
  const silence = Math.min(outcome.count, MOST_TICKS) * config.pollMs;
  return { ...node, silent: true, silentMs: node.silentMs + silence, blameMs: node.blameMs + silence };
}

function isMassFailure(nodes: ReadonlyMap<string, NodeHealth>): boolean {
  let known = 0;
  let silent = 0;
  for (const node of nodes.values()) {
    if (node.health === 'booting') continue;
    known += 1;
    if (node.silent) silent += 1;
  }
  return silent >= 2 && silent * 2 > known;
}

function judge(node: NodeHealth, massFailure: boolean, config: HealthConfig): NodeHealth {
  const labelled = relabel(node, massFailure);
  if (labelled.health !== 'suspect' || labelled.blameMs < config.redAfterMs) return labelled;
  return { ...labelled, health: 'red' };
}

/** suspect or held for the silent; red and the answering stay what they are. */
function relabel(node: NodeHealth, massFailure: boolean): NodeHealth {
  if (!node.silent || node.health === 'red') return node;
  return massFailure ? { ...node, health: 'held', blameMs: 0 } : { ...node, health: 'suspect' };
}

function result(state: HealthState, actions: readonly HealthAction[]): HealthStep {
  const nodes = new Map([...state.nodes].map(([nodeId, node]) => [nodeId, node.health]));
  return { state, nodes, actions, massFailure: state.massFailure, reason: explain(state) };
}

function explain(state: HealthState): string {
  const silent = [...state.nodes].filter(([, node]) => node.silent).map(([nodeId]) => nodeId);
  const of = `${silent.length} of ${state.nodes.size} nodes silent`;
  if (state.massFailure) return `${of}: probably our own fault, none is evicted for silence`;
  if (silent.length > 0) return `${of}: ${silent.slice(0, 5).join(', ')}${silent.length > 5 ? ', …' : ''}`;
  return `all ${state.nodes.size} nodes answer or boot`;
}
