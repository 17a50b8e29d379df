import { readFileSync } from 'node:fs';
import type { Arrival } from './arrivals';

/** What the system allows one process, or one address. */
export interface Limits {
  readonly openFiles: number;
  /** Outgoing ports of one source address. */
  readonly ports: number;
}

export interface Need {
  /** Most players at once, in one process. */
  readonly players: number;
  readonly processes: number;
  /** Source addresses that were named; 0: the system's choice. */
  readonly addresses: number;
}

/** On the way from the lobby to the game a player has two connections for up to 2 s. */
const CONNECTIONS_PER_PLAYER = 1.2;

/** Connections to the API, and what a process has open besides. */
const BESIDES = 600;

/** How long a player is there besides playing, in milliseconds: cautiously. */
const AROUND_MS = 30_000;

const UNLIMITED = { openFiles: Number.POSITIVE_INFINITY, ports: Number.POSITIVE_INFINITY };

/** What Linux says; elsewhere nothing is known, and nothing is refused. */
export function systemLimits(): Limits {
  const [from = 0, to = Number.POSITIVE_INFINITY] = numbers('/proc/sys/net/ipv4/ip_local_port_range');
  // Node.js raises the soft limit to the hard one when it starts.
  const [, openFiles = UNLIMITED.openFiles] = numbers('/proc/self/limits', /^Max open files .*$/m);
  return { openFiles, ports: to - from };
}

/** What would stop it, with the remedy; null when nothing would. */
export function stopper({ players, processes, addresses }: Need, { openFiles, ports }: Limits): string | null {
  const connections = Math.ceil(players * CONNECTIONS_PER_PLAYER);
  if (connections + BESIDES > openFiles) {
    const most = Math.floor((openFiles - BESIDES) / CONNECTIONS_PER_PLAYER);
    const wanted = Math.ceil((players * processes) / Math.max(1, most));
    return (
      `${players} players at once in one process need about ${connections + BESIDES} open files, and ${openFiles} are allowed: ` +
      `use --processes ${wanted}, or raise the limit (ulimit -n)`
    );
  }
  const all = connections * processes;
  if (addresses > 0 && all > ports * addresses) {
    return (
      `${all} connections do not fit into the ${ports} ports of each of ${addresses} source addresses: ` +
      `name ${Math.ceil(all / ports)} with --from, or none`
    );
  }
  return null;
}

/** Most players that are there at once, when each is there while it plays, and a while around that. */
export function mostAtOnce(arrivals: readonly Arrival[], playMs: number): number {
  const ends = arrivals.map(({ atMs, playMs: own }) => atMs + (own ?? playMs) + AROUND_MS).toSorted((a, b) => a - b);
  let most = 0;
  let gone = 0;
  for (const [come, { atMs }] of arrivals.entries()) {
    while ((ends[gone] ?? Number.POSITIVE_INFINITY) < atMs) gone += 1;
    most = Math.max(most, come + 1 - gone);
  }
  return most;
}

function numbers(file: string, line = /[\s\S]*/): number[] {
  try {
    const [text = ''] = line.exec(readFileSync(file, 'utf8')) ?? [];
    return (text.match(/\d+/g) ?? []).map(Number);
  } catch {
    return [];
  }
}
