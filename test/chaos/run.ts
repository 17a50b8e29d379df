import { setTimeout as sleep } from 'node:timers/promises';
import { Crowd } from './crowd';
import { inflict } from './faults';
import { startKnocking } from './knocker';
import type { Fault } from './schedule';
import { World, type WorldOptions } from './world';

export interface RunOptions extends WorldOptions {
  /** Players at once, at most. */
  readonly players: number;
  /** Where players ask at a time of the run. @default the address of the API */
  readonly ask?: (sinceMs: number, world: World) => string | null;
  /** What is done to the cluster; it is healed when this resolves. */
  readonly disturb: (world: World) => Promise<void>;
}

/** Players come and go in waves of this length, in milliseconds, so that the fleets grow and shrink. */
const WAVE_MS = 60_000;
/** At low tide so many of the players are there. */
const LOW = 0.5;
/** Players who still play when all is over get this long, in milliseconds. */
const LIMIT_MS = 150_000;

/** Brings a cluster up, lets players play while it is disturbed, waits until they have all played, and takes it down. */
export async function run({ players, ask, disturb, ...options }: RunOptions): Promise<void> {
  const world = await World.start(options);
  const { recorder, signal } = options;
  const sinceMs = performance.now();
  const api = () => ask?.(performance.now() - sinceMs, world) ?? world.cluster.api;
  const crowd = new Crowd({
    ...{ api, recorder, apiKey: world.cluster.apiKey },
    wanted: (ms) => Math.round(players * (LOW + (1 - LOW) * Math.sin((ms / WAVE_MS) * Math.PI) ** 2)),
  });
  const knocking = startKnocking(world, () => crowd.used);
  try {
    await disturb(world);
    options.say(`All is healed; ${crowd.size} players are still there`);
    const late = sleep(LIMIT_MS, 'late', { ref: false });
    if ((await Promise.race([crowd.end(), late, aborted(signal)])) === 'late') {
      throw new Error(`${crowd.size} players neither finished nor failed within ${LIMIT_MS / 1_000} s`);
    }
  } finally {
    recorder.finish();
    knocking.stop();
    crowd.stop();
    await world.stop();
  }
}

/** Carries out a list of faults, each at its time; resolves at `untilMs`, when the last has been healed. */
export async function follow(
  faults: readonly Fault[],
  untilMs: number,
  world: World,
  signal: AbortSignal,
): Promise<void> {
  const sinceMs = performance.now();
  const until = (ms: number) => sleep(Math.max(0, ms - (performance.now() - sinceMs)), undefined, { signal });
  const one = async (fault: Fault, id: number): Promise<void> => {
    await until(fault.atMs);
    const inflicted = await inflict(id, fault, world);
    if (inflicted === null) return;
    try {
      await until(fault.atMs + fault.forMs);
    } finally {
      await inflicted.heal();
    }
  };
  await Promise.all([...faults.map(one), until(untilMs)]);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}
