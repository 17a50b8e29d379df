import type { Course, Figures } from '../core/protocol/page';

/** How a course is kept: a point each `stepS` seconds, for `points` of them. */
interface Grain {
  readonly stepS: number;
  readonly points: number;
}

/** Ten minutes, second by second; twelve hours, a point every half minute. */
const MINUTES: Grain = { stepS: 1, points: 600 };
const HOURS: Grain = { stepS: 30, points: 1_440 };

type Point = Pick<Figures, 'connections' | 'capacity' | 'nodes'>;

/** The last minutes and hours of one cluster, in bounded memory (about 200 KB). Times are Unix time in milliseconds. */
export class History {
  readonly #minutes = new Ring(MINUTES);
  readonly #hours = new Ring(HOURS);

  add(atMs: number, figures: Point): void {
    this.#minutes.add(atMs, figures);
    this.#hours.add(atMs, figures);
  }

  get courses(): { minutes: Course; hours: Course } {
    return { minutes: this.#minutes.course(), hours: this.#hours.course() };
  }
}

interface Step {
  /** The time by which it begins, in steps since 1970. */
  readonly step: number;
  /** Sums of `samples` samples. */
  sums: Point;
  samples: number;
}

/** One course; a point is the mean of the samples within its step. */
class Ring {
  readonly #grain: Grain;
  readonly #steps: Step[] = [];
  /** Where the oldest is, once the ring is full. */
  #oldest = 0;
  #last: Step | undefined;

  constructor(grain: Grain) {
    this.#grain = grain;
  }

  add(atMs: number, { connections, capacity, nodes }: Point): void {
    const sample = { connections, capacity, nodes };
    const step = Math.floor(atMs / 1_000 / this.#grain.stepS);
    // A clock that was put back adds to the last point: times in a course only grow.
    if (this.#last !== undefined && step <= this.#last.step) {
      this.#last.sums = plus(this.#last.sums, sample);
      this.#last.samples += 1;
      return;
    }
    this.#last = { step, sums: sample, samples: 1 };
    if (this.#steps.length < this.#grain.points) {
      this.#steps.push(this.#last);
      return;
    }
    this.#steps[this.#oldest] = this.#last;
    this.#oldest = (this.#oldest + 1) % this.#grain.points;
  }

  course(): Course {
    const steps = [...this.#steps.slice(this.#oldest), ...this.#steps.slice(0, this.#oldest)];
    const column = (name: keyof Point) =>
      steps.map(({ sums, samples }) => Math.round((sums[name] / samples) * 10) / 10);
    return {
      atS: steps.map(({ step }) => step * this.#grain.stepS),
      connections: column('connections'),
      capacity: column('capacity'),
      nodes: column('nodes'),
    };
  }
}

function plus(a: Point, b: Point): Point {
  return {
    connections: a.connections + b.connections,
    capacity: a.capacity + b.capacity,
    nodes: a.nodes + b.nodes,
  };
}
