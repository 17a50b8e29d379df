import { type Faults, NO_FAULTS } from './faults';

/** A call to the fleet that was given up takes effect at most this much later, in milliseconds. */
const LATE_MS = 3_000;

/** Made once: what makes an error slow is the list of its callers. */
const NO_CONNECTION = new Error('no connection');
const NO_ANSWER = new Error('no answer in time');

/** What becomes of the balancer's calls on their way. Each throws when its answer does not come, whether it took effect or not. */
export class Calls {
  faults: Faults = NO_FAULTS;
  readonly #random: () => number;
  #late: { readonly atMs: number; readonly effect: () => unknown }[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  toFleet<T>(effect: () => T): T {
    return this.#call(this.faults.fleetDown, effect);
  }

  /** A call that changes the fleet may be carried out after it was given up. */
  changeFleet<T>(nowMs: number, effect: () => T): T {
    return this.toFleet(() => {
      if (!this.#chance(this.faults.lateCalls)) return effect();
      this.#late.push({ atMs: nowMs + LATE_MS * this.#random(), effect });
      throw NO_ANSWER;
    });
  }

  toRegistry<T>(effect: () => T): T {
    return this.#call(this.faults.registryDown, effect);
  }

  toNode<T>(reachable: boolean, effect: () => T): T {
    return this.#call(!reachable, effect);
  }

  /** What was given up, and takes effect now. */
  carryOutLate(nowMs: number): void {
    const due = this.#late.filter(({ atMs }) => atMs <= nowMs);
    if (due.length === 0) return;
    this.#late = this.#late.filter(({ atMs }) => atMs > nowMs);
    for (const { effect } of due) effect();
  }

  #call<T>(down: boolean, effect: () => T): T {
    if (down || this.#chance(this.faults.lostRequests)) throw NO_CONNECTION;
    const answer = effect();
    if (this.#chance(this.faults.lostAnswers)) throw NO_ANSWER;
    return answer;
  }

  #chance(share: number): boolean {
    return share > 0 && this.#random() < share;
  }
}

/** The answer, or null when none came. */
export function attempt<T>(call: () => T): T | null {
  try {
    return call();
  } catch (error) {
    if (error === NO_CONNECTION || error === NO_ANSWER) return null;
    throw error;
  }
}
