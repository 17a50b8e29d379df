import type { NodeName } from '../../core/protocol/peer';
import { ASK_AGAIN_MS } from '../../core/scaling/step';
import type { NodeSnapshot } from '../../core/snapshot';

/** How long an answer counts, in milliseconds: three questions. */
const FRESH_MS = 1_500;

/** How long a question is kept up, in milliseconds: until the autoscaler, which does not ask each second, asks again. */
const WANTED_MS = 1.5 * ASK_AGAIN_MS;

/** Nodes asked about at once. */
const MOST_ASKED = 1_000;

interface Question {
  readonly node: NodeName;
  wantedMs: number;
  /** When the peer last said that the node is silent to it, too; null: it did not. */
  silentMs: number | null;
}

/**
 * Rule S1: a silent node is replaced or ended only when it is silent to both balancers. Who wants to asks again and again; the peer's
 * answer is there a second after the first time. A peer that is not there has no opinion.
 */
export class SecondOpinion {
  readonly #peerIsThere: () => boolean;
  readonly #now: () => number;
  readonly #questions = new Map<string, Question>();

  constructor(peerIsThere: () => boolean, now: () => number) {
    this.#peerIsThere = peerIsThere;
    this.#now = now;
  }

  /** Whether the node may be replaced or ended now; else ask again soon. */
  agrees(cluster: string, nodeId: string): boolean {
    if (!this.#peerIsThere()) return true;
    const nowMs = this.#now();
    const key = keyOf({ cluster, nodeId });
    const question = this.#questions.get(key) ?? { node: { cluster, nodeId }, wantedMs: nowMs, silentMs: null };
    question.wantedMs = nowMs;
    this.#questions.set(key, question);
    return question.silentMs !== null && nowMs - question.silentMs < FRESH_MS;
  }

  /** What to ask the peer now. */
  questions(): NodeName[] {
    const nowMs = this.#now();
    for (const [key, { wantedMs }] of this.#questions) {
      if (nowMs - wantedMs > WANTED_MS) this.#questions.delete(key);
    }
    return [...this.#questions.values()].slice(0, MOST_ASKED).map(({ node }) => node);
  }

  /** The peer was asked about `asked`, and has heard of `heard`. */
  answered(asked: readonly NodeName[], heard: readonly NodeName[]): void {
    const alive = new Set(heard.map(keyOf));
    for (const node of asked) {
      const question = this.#questions.get(keyOf(node));
      if (question !== undefined) question.silentMs = alive.has(keyOf(node)) ? null : this.#now();
    }
  }
}

/**
 * Whether a node is alive as far as this balancer can tell: it was heard of within `redAfterMs`, or this balancer has not watched for that
 * long and never heard of it. @param watchedMs how long this balancer has watched, in milliseconds.
 */
export function mayBeAlive(
  node: Pick<NodeSnapshot, 'health' | 'silentMs'> | undefined,
  watchedMs: number,
  redAfterMs: number,
): boolean {
  if (node === undefined || node.health === 'booting') return watchedMs < redAfterMs;
  return node.health !== 'red' && node.silentMs < redAfterMs;
}

function keyOf({ cluster, nodeId }: NodeName): string {
  return `${cluster} ${nodeId}`;
}
