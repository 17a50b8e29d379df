import type { Decision } from '../core/scaling/decide';
import type { Action } from '../core/scaling/types';
import { NotYet } from './executor';
import type { ScalingEvents } from './ports';

/** The most failures remembered so as not to be told again. */
const MOST_FAILURES = 1_000;

/** Writes down what changes something, each new reason for doing nothing, and each new failure; repeats are left out. */
export class DecisionLog {
  readonly #cluster: string;
  readonly #events: ScalingEvents;
  #situation = '';
  readonly #failures = new Map<string, string>();

  constructor(cluster: string, events: ScalingEvents) {
    this.#cluster = cluster;
    this.#events = events;
  }

  decided({ actions, reason }: Decision): void {
    const { rule, code, text } = reason;
    const situation = `${rule} ${code}`;
    const acted = actions.some((action) => action.reason.rule === rule && action.reason.code === code);
    if (!acted && situation !== this.#situation) {
      this.#events.emit({ kind: 'scaling-unchanged', cluster: this.#cluster, reason: text, details: { rule, code } });
    }
    this.#situation = situation;
    this.#failures.delete('cycle');
  }

  performed(action: Action): void {
    this.#failures.delete(keyOf(action));
    this.#emit(`scaling-${action.kind}`, action, action.reason.text);
  }

  notPerformed(action: Action, error: unknown): void {
    if (!(error instanceof NotYet) && this.#isNew(keyOf(action), error)) {
      this.#emit('scaling-failed', action, `${action.kind} failed: ${messageOf(error)}; ${action.reason.text}`);
    }
  }

  /** A whole cycle failed. */
  failed(what: string, error: unknown): void {
    if (!this.#isNew(what, error)) return;
    const reason = `no decision could be carried out: ${messageOf(error)}`;
    this.#events.emit({ kind: 'scaling-failed', cluster: this.#cluster, reason, details: {} });
  }

  #emit(kind: string, action: Action, reason: string): void {
    const { rule, code } = action.reason;
    const node = 'nodeId' in action ? { nodeId: action.nodeId } : {};
    const size = 'size' in action ? { size: action.size } : {};
    const count = 'count' in action ? { count: action.count } : {};
    const details = { action: action.kind, rule, code, ...size, ...count };
    this.#events.emit({ kind, cluster: this.#cluster, ...node, reason, details });
  }

  #isNew(key: string, error: unknown): boolean {
    const message = messageOf(error);
    if (this.#failures.get(key) === message) return false;
    if (this.#failures.size >= MOST_FAILURES) this.#failures.clear();
    this.#failures.set(key, message);
    return true;
  }
}

function keyOf(action: Action): string {
  return 'nodeId' in action ? `${action.kind} ${action.nodeId}` : action.kind;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
