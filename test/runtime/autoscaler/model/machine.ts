import { Lifecycle } from '../../../../runtime/agent/lifecycle';
import { AGENT_PROTOCOL, type OrderReply, type Phase } from '../../../../runtime/core/protocol/agent';

/** How long a ticket is good, and how long its seat is kept, in steps of the model. */
export const TICKET_STEPS = 3;
export const SEAT_STEPS = 4;

/** A place that was promised to a client who has not come yet. */
interface Ticket {
  /** Steps since it was issued. */
  age: number;
  /** The age at which its client comes; one who never comes has none. */
  readonly comesAt: number | null;
  /** Whether the registry still knows of it. */
  known: boolean;
}

/** One instance and its process, as they really are; the phases are kept by the agent's own rules. */
export class Machine {
  readonly nodeId: string;
  readonly zone: string;
  readonly version: string;
  readonly launchedAtMs: number;
  /** When its process first answers; never, for one that does not come up. */
  readonly upAtMs: number;
  sessions = 0;
  tickets: Ticket[] = [];
  /** Answers nobody before this time. */
  hungUntilMs = 0;
  crashed = false;
  readonly #lifecycle = new Lifecycle();

  constructor(serial: number, version: string, launchedAtMs: number, upAtMs: number) {
    this.nodeId = `n${serial}`;
    this.zone = 'abc'[serial % 3] ?? 'a';
    this.version = version;
    this.launchedAtMs = launchedAtMs;
    this.upAtMs = upAtMs;
  }

  get phase(): Phase {
    return this.#lifecycle.phase;
  }

  /** Sessions, and places promised to those who are still to come. */
  get players(): number {
    return this.sessions + this.tickets.length;
  }

  /** Reservations that the registry knows. */
  get pending(): number {
    let known = 0;
    for (const ticket of this.tickets) if (ticket.known) known += 1;
    return known;
  }

  /** Clients who may still come with a good ticket. */
  get expected(): number {
    let good = 0;
    for (const { age, comesAt } of this.tickets) if (age < TICKET_STEPS && comesAt !== null) good += 1;
    return good;
  }

  answers(nowMs: number): boolean {
    return !this.crashed && this.upAtMs <= nowMs && this.hungUntilMs <= nowMs;
  }

  hang(untilMs: number): void {
    this.hungUntilMs = untilMs;
  }

  crash(): void {
    this.crashed = true;
    this.sessions = 0;
    this.tickets = [];
  }

  obey(kind: 'drain' | 'undrain' | 'seal', epoch: number): OrderReply {
    return this.#lifecycle.take({ v: AGENT_PROTOCOL, kind, epoch }, this.sessions);
  }

  /** One step: clients with tickets come, seats run out. Tells how many came to a closed door. */
  receive(nowMs: number): number {
    let turnedAway = 0;
    const left: Ticket[] = [];
    for (const ticket of this.tickets) {
      ticket.age += 1;
      const comes = ticket.comesAt !== null && ticket.age >= ticket.comesAt && ticket.age <= TICKET_STEPS;
      if (comes && this.answers(nowMs)) {
        if (this.phase === 'sealed') turnedAway += 1;
        else this.sessions += 1;
      } else if (ticket.age < SEAT_STEPS) left.push(ticket);
    }
    this.tickets = left;
    return turnedAway;
  }
}
