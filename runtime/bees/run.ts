import { setTimeout as sleep } from 'node:timers/promises';
import { share } from './arrivals';
import type { Broken } from './broken';
import { apiOf, wiresOf } from './clients';
import type { BeesOptions } from './options';
import { Swarm } from './swarm';

/** Bees stay in the lobby for up to this long after they have their game node, like the original's clients; in milliseconds. */
const LINGER_MS = 2_000;

/** The swarm of this process: all of the players, or its share of them, who then meet among themselves. */
export function swarmOf(options: BeesOptions, onBroken: (broken: Broken) => void): Swarm {
  const { index, count } = options.share;
  const curve = options.curve;
  return new Swarm({
    api: apiOf(options.client, options.api, options.apiKey, options.from),
    openWire: wiresOf(options.client, options.from),
    arrivals: share(options.arrivals, index, count),
    // Each process has its part, and together they have all.
    curve: curve && {
      points: curve.points.map(({ atMs, players }) => ({ atMs, players: Math.floor((players + index) / count) })),
    },
    playMs: options.play * 1_000,
    stay: options.stay,
    gather: options.gather,
    patienceMs: options.patience * 1_000,
    timeoutMs: options.timeout * 1_000,
    lingerMs: LINGER_MS,
    rate: options.rate,
    loop: options.loop,
    mode: options.mode,
    pool: count === 1 ? options.pool : `${options.pool}.${index}`,
    onBroken,
  });
}

/** Waits for a moment, Unix milliseconds; at once when it has passed. */
export async function until(momentMs: number, signal: AbortSignal): Promise<void> {
  const leftMs = momentMs - Date.now();
  if (leftMs > 0) await sleep(leftMs, undefined, { signal }).catch(() => {});
}
