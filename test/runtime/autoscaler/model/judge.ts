import type { ScalingConfig } from '../../../../runtime/core/config/scaling';
import type { Decision } from '../../../../runtime/core/scaling/decide';
import { ceiling } from '../../../../runtime/core/scaling/out';
import type { Action, Direction, RuleName } from '../../../../runtime/core/scaling/types';
import type { ClusterSnapshot, Health } from '../../../../runtime/core/snapshot';
import type { Machine } from './machine';

/** Rules that change the size without waiting for a cooldown. */
const URGENT: ReadonlySet<RuleName> = new Set<RuleName>(['minimum', 'emergency', 'roll', 'operator']);

/** The beginning of a scale-in; a drain that is repeated, or part of a rolling replacement, is none. */
export function shrinks({ kind, reason }: Action): boolean {
  return kind === 'drain' && reason.rule === 'average';
}

/** Judges what really happens, as seen from outside, by the rules that always hold. What breaks one is kept, in words. */
export class Judge {
  readonly violations: string[] = [];
  readonly #config: ScalingConfig;
  /** When the stamps were last lost: that counts as "just scaled" for what is asked for later. */
  #forgottenAtMs: number;
  /** When the size was last asked to change with effect, in the model's true time. */
  readonly #last: Record<Direction, number>;

  constructor(config: ScalingConfig, nowMs: number) {
    this.#config = config;
    this.#forgottenAtMs = nowMs;
    this.#last = { out: nowMs, in: nowMs };
  }

  forgotten(nowMs: number): void {
    this.#forgottenAtMs = nowMs;
  }

  /** S7. `health` is what the owner says of the node: suspect and red are judgements; the phase is the node's own. */
  assigned({ nodeId, phase }: Machine, health: Health | undefined): void {
    if (phase !== 'open') this.#say(`S7: a player was sent to ${nodeId}, which is ${phase}`);
    if (health !== 'green' && health !== 'held') this.#say(`S7: a player was sent to ${nodeId}, which is ${health}`);
  }

  turnedAway({ nodeId }: Machine, players: number): void {
    if (players > 0) this.#say(`S1: ${players} players came to ${nodeId} with good tickets, and it is sealed`);
  }

  sealed({ nodeId, expected }: Machine): void {
    if (expected > 0) this.#say(`S1: ${nodeId} was sealed while ${expected} players are on their way to it`);
  }

  /** S1, S4, S8: what we may end is sealed and empty, or was silent for long when the fleet was asked. */
  ended(
    { nodeId, phase, players }: Machine,
    how: 'terminated' | 'replaced',
    known: {
      readonly silent: boolean;
      /** It has said that it drains, or is sealed. */
      readonly leaving: boolean;
      readonly massFailure: boolean;
      readonly answers: boolean;
    },
  ): void {
    if (known.massFailure) this.#say(`S8: ${nodeId} was ${how} in a mass failure`);
    if (known.silent) {
      // The dead that were about to leave are not wanted back.
      if (how === 'replaced' && known.leaving) this.#say(`L1: ${nodeId} was replaced, and it was leaving`);
      return;
    }
    if (how === 'terminated' && phase !== 'sealed') this.#say(`S4: ${nodeId} was terminated while ${phase}`);
    if (known.answers && players > 0) this.#say(`S1: ${nodeId} was ${how} with ${players} players`);
  }

  sized(desired: number): void {
    const { minimum } = this.#config;
    if (desired < minimum) this.#say(`bounds: shrunk to ${desired}, below ${minimum}`);
    if (desired > ceiling(this.#config)) this.#say(`bounds: grown to ${desired}, above ${ceiling(this.#config)}`);
  }

  /** S5, by the true time at which the change was asked for. */
  resized(direction: Direction, rule: RuleName, atMs: number): void {
    if (rule === 'roll') return;
    const forgottenAtMs = atMs > this.#forgottenAtMs ? this.#forgottenAtMs : Number.NEGATIVE_INFINITY;
    const sinceMs = atMs - Math.max(this.#last[direction], forgottenAtMs);
    const { cooldownMs } = this.#config[direction];
    if (!URGENT.has(rule) && sinceMs < cooldownMs) {
      this.#say(`S5: ${direction} by ${rule} ${sinceMs} ms after the last, and the cooldown is ${cooldownMs} ms`);
    }
    this.#last[direction] = atMs;
  }

  /** What no decision may hold, given what it was told. */
  decided({ actions }: Decision, snapshot: ClusterSnapshot, ageMs: number, fleetSilentMs: number): void {
    if (ageMs > this.#config.staleAfterMs && actions.length > 0) this.#say('acted on a stale sample');
    const shrinking = actions.some(shrinks);
    if (shrinking && snapshot.nodes.some(({ health }) => health !== 'green')) this.#say('shrank on a partial sample');
    if (shrinking && fleetSilentMs > this.#config.staleAfterMs) this.#say('shrank while the fleet was silent');
    const takes = actions.some(({ kind }) => kind !== 'grow' && kind !== 'undrain' && kind !== 'move');
    if (snapshot.massFailure && takes) this.#say('S8: took nodes away in a mass failure');
  }

  #say(violation: string): void {
    this.violations.push(violation);
  }
}
