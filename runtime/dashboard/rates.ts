/** What one balancer has counted of a cluster since it started. */
export interface Counts {
  readonly assigned: number;
  readonly refused: number;
}

interface Look extends Counts {
  readonly atMs: number;
}

/** The time over which a rate is taken, in milliseconds: a single second of few joins jumps between nothing and much. */
const OVER_MS = 3_000;

/** Rates of one cluster from the counts of each balancer. Times are monotonic, in milliseconds. */
export class Rates {
  #looks: readonly Look[] = [];
  #last: ReadonlyMap<string, Counts> = new Map();
  #sum: Counts = { assigned: 0, refused: 0 };

  /** @param counts by balancer; one that was started anew begins at 0, and what is new of it is all that it has. */
  step(counts: ReadonlyMap<string, Counts>, atMs: number): void {
    for (const [balancer, now] of counts) {
      const before = this.#last.get(balancer);
      // Not seen before: what it counted may be hours old.
      if (before === undefined) continue;
      const again = now.assigned < before.assigned || now.refused < before.refused;
      const base = again ? { assigned: 0, refused: 0 } : before;
      this.#sum = {
        assigned: this.#sum.assigned + now.assigned - base.assigned,
        refused: this.#sum.refused + now.refused - base.refused,
      };
    }
    this.#last = new Map([...this.#last, ...counts]);
    const from = this.#looks.findLastIndex((look) => look.atMs <= atMs - OVER_MS);
    this.#looks = [...this.#looks.slice(Math.max(0, from)), { ...this.#sum, atMs }];
  }

  /** A second. */
  get perSecond(): Counts {
    const [first] = this.#looks;
    const last = this.#looks.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return { assigned: 0, refused: 0 };
    const rate = (name: keyof Counts) => round(((last[name] - first[name]) * 1_000) / (last.atMs - first.atMs));
    return { assigned: rate('assigned'), refused: rate('refused') };
  }
}

function round(rate: number): number {
  return Math.round(rate * 10) / 10;
}
