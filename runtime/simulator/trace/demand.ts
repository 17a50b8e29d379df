import type { Random, Shape } from '../random';
import { lengthMs, type Trace, type TraceRow } from './trace';

export const TICK_MS = 1_000;

/**
 * Who comes when and stays for how long: the same for every policy. Sessions are numbered in the order in which they begin;
 * a tick is a second.
 */
export interface Demand {
  readonly startMs: number;
  readonly ticks: number;
  /** The first session that begins in each tick; one entry more than there are ticks. */
  readonly firstOf: Uint32Array;
  /** How long each session lasts, in ticks, at least 1. */
  readonly stay: Uint32Array;
  /** Players at once at the end of each tick, when all find room at once. */
  readonly concurrent: Uint32Array;
}

export interface DemandOptions {
  readonly random: Random;
  readonly shape: Shape;
  /** Mean stay of those of whom the trace does not say it, in milliseconds. */
  readonly stayMs: number;
}

/** Draws the players of a trace. A count of players at once is followed exactly: who is missing comes, who is too many leaves early. */
export function drawDemand(trace: Trace, options: DemandOptions): Demand {
  return new Draw(trace, options).run();
}

class Draw {
  readonly #trace: Trace;
  readonly #options: DemandOptions;
  readonly #ticks: number;
  readonly #stay = new Growing();
  readonly #began = new Growing();
  /** The sessions that run, in no order, and those that end in each tick. */
  readonly #alive: number[] = [];
  readonly #place = new Growing();
  readonly #ending: number[][];
  #row = 0;

  constructor(trace: Trace, options: DemandOptions) {
    this.#trace = trace;
    this.#options = options;
    this.#ticks = Math.max(1, Math.ceil(lengthMs(trace) / TICK_MS));
    this.#ending = Array.from({ length: this.#ticks });
  }

  run(): Demand {
    const firstOf = new Uint32Array(this.#ticks + 1);
    const concurrent = new Uint32Array(this.#ticks);
    for (let tick = 0; tick < this.#ticks; tick++) {
      firstOf[tick] = this.#stay.length;
      for (const session of this.#ending[tick] ?? []) if (this.#isAlive(session)) this.#end(session);
      this.#ending[tick] = [];
      this.#begin(tick);
      concurrent[tick] = this.#alive.length;
    }
    firstOf[this.#ticks] = this.#stay.length;
    return { startMs: this.#trace.startMs, ticks: this.#ticks, firstOf, stay: this.#stay.toArray(), concurrent };
  }

  #begin(tick: number): void {
    const { kind, rows } = this.#trace;
    const { random } = this.#options;
    const atMs = tick * TICK_MS;
    if (kind === 'players') {
      for (let row = rows[this.#row]; row !== undefined && row.atMs < atMs + TICK_MS; row = rows[++this.#row]) {
        this.#admit(tick, row.stayMs ?? this.#options.stayMs);
      }
      return;
    }
    while ((rows[this.#row + 1]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs) this.#row += 1;
    const row = rows[this.#row];
    if (row === undefined || row.atMs > atMs) return;
    const next = rows[this.#row + 1];
    const meanMs = row.stayMs ?? this.#options.stayMs;
    const perTick = kind === 'arrivals' ? rate(row, next, this.#trace) : 0;
    // Who came before the trace begins is there already, as many as such arrivals keep there (Little's law).
    const before = tick === 0 ? (perTick * meanMs) / TICK_MS : 0;
    const count = kind === 'arrivals' ? random.poisson(perTick + before) : this.#missing(row, next, atMs);
    for (let i = 0; i < count; i++) this.#admit(tick, random.around(meanMs, this.#options.shape));
    for (let i = count; i < 0; i++) this.#leaveEarly(tick);
  }

  /** Players that are missing now; negative when there are too many. */
  #missing(row: TraceRow, next: TraceRow | undefined, atMs: number): number {
    const share = next === undefined ? 0 : (atMs - row.atMs) / (next.atMs - row.atMs);
    return Math.round(row.count + share * ((next?.count ?? row.count) - row.count)) - this.#alive.length;
  }

  #admit(tick: number, stayMs: number): void {
    const session = this.#stay.length;
    const ticks = Math.max(1, Math.round(stayMs / TICK_MS));
    this.#stay.push(ticks);
    this.#began.push(tick);
    this.#place.push(this.#alive.length);
    this.#alive.push(session);
    if (tick + ticks < this.#ticks) {
      const bucket = this.#ending[tick + ticks];
      if (bucket === undefined) this.#ending[tick + ticks] = [session];
      else bucket.push(session);
    }
  }

  #leaveEarly(tick: number): void {
    const session = this.#alive[Math.floor(this.#options.random.next() * this.#alive.length)];
    if (session === undefined) return;
    this.#stay.set(session, Math.max(1, tick - this.#began.at(session)));
    this.#end(session);
  }

  #isAlive(session: number): boolean {
    return this.#alive[this.#place.at(session)] === session;
  }

  #end(session: number): void {
    const place = this.#place.at(session);
    const last = this.#alive.pop();
    if (last === undefined || last === session) return;
    this.#alive[place] = last;
    this.#place.set(last, place);
  }
}

/** Arrivals in one tick. */
function rate(row: TraceRow, next: TraceRow | undefined, trace: Trace): number {
  const endMs = next?.atMs ?? lengthMs(trace);
  return (row.count * TICK_MS) / (endMs - row.atMs);
}

/** A list of whole numbers that takes four bytes each. */
class Growing {
  length = 0;
  #values = new Uint32Array(1 << 16);

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Uint32Array(2 * this.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  at(index: number): number {
    return this.#values[index] ?? 0;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  toArray(): Uint32Array {
    return this.#values.slice(0, this.length);
  }
}
