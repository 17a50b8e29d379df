import { build, type Histogram } from 'hdr-histogram-js';
import type { LinkReport } from '../client';
import { type BeeOutcome, type BeeWatch, STEPS, type Stage, type Step } from './bee';
import { type Broken, Places } from './broken';
import { Connections } from './nodes';
import type { Progress } from './progress';
import { Rooms } from './rooms';
import type { Summary } from './summary';

/** Counts and times of a run, gathered from its bees. */
export class Tally {
  readonly connections = new Connections();
  readonly rooms = new Rooms();
  readonly #startedAtMs = performance.now();
  readonly #steps = new Map(STEPS.map((step) => [step, histogram()]));
  readonly #stages = new Map<Stage, number>();
  readonly #failures = new Map<string, number>();
  readonly #onBroken: (broken: Broken) => void;
  #players: number;
  #finished = 0;
  #failed = 0;
  #fillIns = 0;
  #reconnects = 0;
  #moves = 0;
  #sent = 0;
  #received = 0;

  constructor(players: number, onBroken: (broken: Broken) => void) {
    this.#players = players;
    this.#onBroken = onBroken;
  }

  /** One more player than was known at first. */
  arrived(): void {
    this.#players += 1;
  }

  /** Players in this stage now. */
  in(stage: Stage): number {
    return this.#stages.get(stage) ?? 0;
  }

  /** What a bee is to be watched by; `onStage` is called after each change. A fill-in counts for nodes and rooms only. */
  watch(playerId: string, fillIn: boolean, onStage: (stage: Stage | null) => void): BeeWatch {
    const opened = { lobby: false, game: false };
    const places = new Places(playerId);
    return {
      link: (report: LinkReport) => {
        this.connections.note(fillIn ? null : playerId, report);
        const broken = places.note(report, Date.now());
        if (broken !== null) this.#onBroken(broken);
        if (report.kind === 'moved') this.#moves += 1;
        if (report.kind !== 'opened') return;
        if (opened[report.role]) this.#reconnects += 1;
        opened[report.role] = true;
      },
      stage: (from, to) => {
        // Another round: the first connections of it are no reconnections.
        if (to === 'lobby') Object.assign(opened, { lobby: false, game: false });
        if (from !== null && !fillIn) this.#stages.set(from, this.in(from) - 1);
        if (to !== null && !fillIn) this.#stages.set(to, this.in(to) + 1);
        onStage(to);
      },
      step: (step, tookMs) => {
        if (!fillIn) this.#steps.get(step)?.recordValue(Math.round(tookMs * MICROS));
      },
      complete: (room) => this.rooms.seen(room),
      message: (direction) => {
        if (direction === 'sent') this.#sent += 1;
        else this.#received += 1;
      },
    };
  }

  /** A play is over. Those of fill-ins count for their rooms, and apart. */
  outcome(outcome: BeeOutcome, fillIn: boolean): void {
    if (outcome.kind === 'finished') this.rooms.finish(outcome.roomId);
    if (fillIn) {
      if (outcome.kind === 'finished') this.#fillIns += 1;
      return;
    }
    if (outcome.kind === 'finished') this.#finished += 1;
    if (outcome.kind === 'failed') {
      this.#failed += 1;
      this.#failures.set(outcome.reason, (this.#failures.get(outcome.reason) ?? 0) + 1);
    }
  }

  progress(): Progress {
    return {
      seconds: this.#seconds(),
      players: this.#players,
      connected: this.connections.connected,
      connections: { lobby: this.connections.openTo('lobby'), game: this.connections.openTo('game') },
      waiting: this.in('lobby') + this.in('match'),
      playing: this.in('play'),
      finished: this.#finished,
      failed: this.#failed,
      rooms: this.rooms.finished,
      splitRooms: this.rooms.split,
    };
  }

  summary(): Summary {
    const step = (name: Step): { p50Ms: number; p99Ms: number } => {
      const times = this.#steps.get(name);
      const at = (percentile: number): number => (times?.getValueAtPercentile(percentile) ?? 0) / MICROS;
      return { p50Ms: at(50), p99Ms: at(99) };
    };
    return {
      players: this.#players,
      finished: this.#finished,
      failed: this.#failed,
      failures: Object.fromEntries(this.#failures),
      fillIns: this.#fillIns,
      rooms: this.rooms.finished,
      roomSizes: this.rooms.sizes,
      splitRooms: this.rooms.split,
      peakConcurrent: this.connections.peak,
      nodes: this.connections.nodes,
      steps: {
        lobby: step('lobby'),
        match: step('match'),
        start: step('start'),
        join: step('join'),
        finish: step('finish'),
      },
      reconnects: this.#reconnects,
      moves: this.#moves,
      messages: { sent: this.#sent, received: this.#received },
      seconds: this.#seconds(),
    };
  }

  #seconds(): number {
    return Math.round(performance.now() - this.#startedAtMs) / 1_000;
  }
}

/** Times are recorded in microseconds, up to an hour; longer ones count as that. */
const MICROS = 1_000;

function histogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 3_600_000 * MICROS,
    numberOfSignificantValueDigits: 3,
  });
}
