import type { NodeName } from '../core/protocol/peer';

/** How long a question, and its answer, count, in milliseconds. */
const FRESH_MS = 3_000;

/** Nodes asked about at once. */
const MOST_ASKED = 1_000;

interface Question {
  readonly node: NodeName;
  wantedMs: number;
  /** When the peer last said that the node is silent to it, too; null: it did not. */
  silentMs: number | null;
}

/**
 * Rule S1: a silent node is replaced only when it is silent to both balancers. The watch asks each tick; the peer's answer is there
 * a tick later. A peer that is not there has no opinion.
 */
export class SecondOpinion {
  readonly #peerIsThere: () => boolean;
  readonly #now: () => number;
  readonly #questions = new Map<string, Question>();

  constructor(peerIsThere: () => boolean, now: () => number) {
    this.#peerIsThere = peerIsThere;
    this.#now = now;
  }

  /** Whether the node may be replaced now; else ask again at the next tick. */
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
      if (nowMs - wantedMs > FRESH_MS) this.#questions.delete(key);
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

function keyOf({ cluster, nodeId }: NodeName): string {
  return `${cluster} ${nodeId}`;
}
