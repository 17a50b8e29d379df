import type { Judge } from './judge';
import type { Machine } from './machine';
import { TICKET_STEPS } from './machine';

/** A node that may be given to a player, as somebody sees it. */
interface Offered {
  readonly machine: Machine;
  /** Last choice: it is silent together with most others (S8). */
  readonly held: boolean;
}

interface PlayersOptions {
  readonly capacity: number;
  readonly random: () => number;
  readonly judge: Judge;
}

/** Those who want to play: they come, leave, and come back. */
export class ModelPlayers {
  /** How many want to be on the cluster. */
  demand = 0;
  readonly #options: PlayersOptions;

  constructor(options: PlayersOptions) {
    this.#options = options;
  }

  /** Arrivals, some departures by themselves, and more when fewer want to play. */
  move(machines: readonly Machine[], nowMs: number): void {
    const { random, judge } = this.#options;
    let surplus = -this.demand;
    for (const machine of machines) {
      judge.turnedAway(machine, machine.receive(nowMs));
      if (machine.answers(nowMs) && machine.sessions > 0) {
        machine.sessions -= Math.min(machine.sessions, Math.floor(machine.sessions * 0.1 + 2 * random()));
      }
      surplus += machine.players;
    }
    while (surplus > 0) {
      const busiest = machines.reduce((a, b) => (b.sessions > a.sessions ? b : a));
      if (busiest.sessions === 0) return;
      const leave = Math.min(surplus, Math.ceil(busiest.sessions / 2));
      busiest.sessions -= leave;
      surplus -= leave;
    }
  }

  /** Who is missing asks for a place, on the emptiest node that is offered; gives how many found none. */
  join(machines: readonly Machine[], offered: readonly Offered[], assigned: (machine: Machine) => void): number {
    let missing = this.demand - machines.reduce((sum, { players }) => sum + players, 0);
    const rooms = offered.map(({ machine, held }) => ({
      machine,
      held,
      free: this.#options.capacity - machine.players,
    }));
    for (; missing > 0; missing--) {
      let best: (typeof rooms)[number] | undefined;
      for (const room of rooms) if (room.free > 0 && (best === undefined || before(room, best))) best = room;
      if (best === undefined) return missing;
      best.free -= 1;
      assigned(best.machine);
      best.machine.tickets.push({ age: 0, comesAt: this.#arrival(), known: true });
    }
    return 0;
  }

  /** Most come at once, some in the last moment, a few never. */
  #arrival(): number | null {
    const chance = this.#options.random();
    return chance < 0.02 ? null : chance < 0.1 ? TICKET_STEPS : 1;
  }
}

function before(a: { held: boolean; free: number }, b: { held: boolean; free: number }): boolean {
  return a.held === b.held ? a.free > b.free : b.held;
}
