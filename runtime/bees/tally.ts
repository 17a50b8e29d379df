import type { LinkReport } from '../client';
import { type BeeOutcome, type BeeWatch, STEPS, type Stage, type Step } from './bee';
import { type Broken, Places } from './broken';
import { Durations } from './histogram';
import { Connections } from './nodes';
import type { Progress } from './progress';
import type { RunResult } from './result';
import { Rooms } from './rooms';
import { Timeline } from './timeline';

/** Counts and times of a run, gathered from its bees. */
export class Tally {
  readonly connections = new Connections();
  readonly rooms = new Rooms();
  readonly #steps = new Map(STEPS.map((step) => [step, new Durations()]));
  readonly #relay = new Durations();
  readonly #timeline = new Timeline();
  readonly #stages = new Map<Stage, number>();
  readonly #failures = new Map<string, number>();
  readonly #onBroken: (broken: Broken) => void;
  #startedAtMs = performance.now();
  #players: number;
  #arrived = 0;
  #finished = 0;
  #failed = 0;
  #fillIns = 0;
  #reconnects = 0;
  #moves = 0;
  #sent = 0;
  #received = 0;
  #lastSecond = 0;

  constructor(players: number, onBroken: (broken: Broken) => void) {
    this.#players = players;
    this.#onBroken = onBroken;
  }

  /** The run begins now. */
  begin(): void {
    this.#startedAtMs = performance.now();
  }

  /** Ends the slices of the timeline that are over; to be called a few times a second. */
  tick(): void {
    this.#cut(Math.floor(this.#seconds()));
  }

  /** A player comes. @param expected whether it was among those known at first */
  arrived(expected: boolean): void {
    if (!expected) this.#players += 1;
    this.#arrived += 1;
    this.#timeline.count('arrived');
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
        this.#timeline.connected(this.connections.connected);
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
        if (!fillIn) this.#onStep(step, tookMs);
      },
      complete: (room) => this.rooms.seen(room),
      message: (direction) => {
        this.#timeline.count(direction);
        if (direction === 'sent') this.#sent += 1;
        else this.#received += 1;
      },
      relayed: (tookMs) => {
        this.#relay.record(tookMs);
        this.#timeline.relayed(tookMs);
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
    if (outcome.kind === 'finished') {
      this.#finished += 1;
      this.#timeline.count('finished');
    }
    if (outcome.kind === 'failed') {
      this.#failed += 1;
      this.#timeline.count('failed');
      this.#failures.set(outcome.reason, (this.#failures.get(outcome.reason) ?? 0) + 1);
    }
  }

  progress(): Progress {
    return {
      seconds: this.#seconds(),
      players: this.#players,
      arrived: this.#arrived,
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

  /** All of it; the present slice of the timeline ends with it. */
  result(): RunResult {
    this.#cut(Math.max(Math.ceil(this.#seconds()), this.#lastSecond + 1));
    const seconds = this.#seconds();
    const step = (name: Step): string => (this.#steps.get(name) ?? new Durations()).encode();
    return {
      version: 1,
      startedAtMs: Math.round(Date.now() - seconds * 1_000),
      seconds,
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
      reconnects: this.#reconnects,
      moves: this.#moves,
      sent: this.#sent,
      received: this.#received,
      steps: {
        lobby: step('lobby'),
        match: step('match'),
        start: step('start'),
        join: step('join'),
        finish: step('finish'),
      },
      relay: this.#relay.encode(),
      slices: [...this.#timeline.slices],
    };
  }

  #onStep(step: Step, tookMs: number): void {
    this.#steps.get(step)?.record(tookMs);
    if (step !== 'lobby') return;
    this.#timeline.count('joined');
    this.#timeline.reachedLobby(tookMs);
  }

  #cut(second: number): void {
    if (second <= this.#lastSecond) return;
    this.#lastSecond = second;
    const { connected, open } = this.connections;
    this.#timeline.cut(second, { connected, nodes: open });
  }

  #seconds(): number {
    return Math.round(performance.now() - this.#startedAtMs) / 1_000;
  }
}
