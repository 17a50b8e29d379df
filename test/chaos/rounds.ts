import { setTimeout as sleep } from 'node:timers/promises';
import { machineOf } from './door';
import { inflict } from './faults';
import { only } from './history';
import type { World } from './world';

/** How long a cluster may take to go where it belongs, in milliseconds. */
const HOME_LIMIT_MS = 90_000;
/** Between a fail-back and the next death, in milliseconds: a peer whose stays are short must stay longer. */
const STAY_MS = 12_000;

/** A machine that has died is away for at least this long, in milliseconds; longer when nobody has taken over by then. */
const AWAY_MS = 6_000;

const HOMES = { lobby: 'balancer-a', game: 'balancer-b' };

/** Kills the owner of the lobby and that of the game in turn, each time when both clusters have been at home for a while. */
export async function failOverRounds(rounds: number, world: World, say: (line: string) => void, signal: AbortSignal) {
  for (let round = 0; round < rounds; round++) {
    await atHome(world, signal);
    await sleep(STAY_MS, undefined, { signal });
    const target = round % 2 === 0 ? HOMES.lobby : HOMES.game;
    say(`Round ${round + 1} of ${rounds}: kill ${target}`);
    const inflicted = await inflict(round, { atMs: 0, what: 'kill', target, forMs: AWAY_MS }, world);
    await taken(world, target, signal);
    await inflicted?.heal();
  }
  await atHome(world, signal);
}

/** Every cluster is owned by the balancer whose home it is. */
async function atHome(world: World, signal: AbortSignal): Promise<void> {
  await until('every cluster is at home', world, signal, (owners) =>
    Object.entries(HOMES).every(([cluster, home]) => machineOf(owners.get(cluster) ?? '') === home),
  );
}

/** Nothing belongs to this balancer. */
async function taken(world: World, target: string, signal: AbortSignal): Promise<void> {
  await until(`${target} is succeeded`, world, signal, (owners) =>
    Object.keys(HOMES).every((cluster) => {
      const owner = owners.get(cluster);
      return owner !== undefined && machineOf(owner) !== target;
    }),
  );
}

async function until(
  what: string,
  { recorder }: World,
  signal: AbortSignal,
  holds: (owners: ReadonlyMap<string, string>) => boolean,
): Promise<void> {
  const deadline = performance.now() + HOME_LIMIT_MS;
  for (;;) {
    const owners = new Map<string, string>();
    for (const { cluster, owner } of only(recorder.history, 'lease')) {
      if (owner === null) owners.delete(cluster);
      else owners.set(cluster, owner);
    }
    if (holds(owners)) return;
    if (performance.now() > deadline) throw new Error(`not within ${HOME_LIMIT_MS / 1_000} s: ${what}`);
    await sleep(100, undefined, { signal });
  }
}
