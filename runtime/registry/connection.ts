import { ScriptedRedis } from './scripted-redis';
import { RegistryUnavailable } from './types';

export interface ConnectionOptions {
  /** A command without an answer for this long has failed, in milliseconds. @default 2_000 */
  readonly commandTimeoutMs?: number;
  /** Told of each change: null when the registry answers again, else why it does not. @default nobody */
  readonly onState?: (problem: string | null) => void;
}

export interface RegistryConnection {
  readonly redis: ScriptedRedis;
  /** Why the registry cannot be reached at the moment; null while it can. */
  problem(): string | null;
  /** Ends the connection and its reconnecting; commands in flight fail. */
  close(): void;
}

const COMMAND_TIMEOUT_MS = 2_000;
/** How long a connection may take to close before it is cut, in milliseconds: closing holds up the end of a process. */
const CLOSE_LIMIT_MS = 200;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;
/** A connection over which nothing comes although something was asked is given up after this long, in milliseconds: it may be half open. */
const SILENT_LIMIT_MS = 3_000;
/** An idle connection is tried after this long, in milliseconds. */
const KEEP_ALIVE_MS = 5_000;
/** The longest pause between two new connections because the server only reads, in milliseconds. */
const READ_ONLY_PAUSE_MS = 2_000;

/** How long to wait before the n-th try in a row, in milliseconds: doubling, with a jitter of half, so that a whole fleet does not come back at once. */
export function retryDelayMs(attempt: number, random = Math.random()): number {
  return Math.round(Math.min(RETRY_MIN_MS * 2 ** Math.min(attempt - 1, 10), RETRY_MAX_MS) * (0.5 + random / 2));
}

/** How every lasting connection to Redis finds out that it is dead, and comes back: jittered, so that a whole fleet does not come at once. */
export const STEADY = {
  maxRetriesPerRequest: null,
  retryStrategy: (attempt: number) => retryDelayMs(attempt),
  socketTimeout: SILENT_LIMIT_MS,
  keepAlive: KEEP_ALIVE_MS,
} as const;

/**
 * After a fail-over the old primary refuses writes, and the name leads to the new one: connect anew. It may take a while until it
 * does, so not with every refusal.
 */
function readOnlyStrategy(): (error: Error) => boolean {
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  return (error) => {
    const nowMs = performance.now();
    if (!/\bREADONLY\b/.test(error.message) || nowMs < notBeforeMs) return false;
    notBeforeMs = nowMs + READ_ONLY_PAUSE_MS * (0.5 + Math.random() / 2);
    return true;
  };
}

/**
 * Connects to Redis (`redis://`, `rediss://` or a Unix socket's path) and stays connected, also when it is down at first.
 * Commands fail at once while there is no connection: one that waits in a queue would be carried out when its caller has long
 * given up. For the same reason commands in flight when the connection broke are not sent again.
 */
export function connectRegistry(url: string, options: ConnectionOptions = {}): RegistryConnection {
  const redis = new ScriptedRedis(url, {
    commandTimeout: options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS,
    connectTimeout: options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS,
    disconnectTimeout: CLOSE_LIMIT_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    ...STEADY,
    reconnectOnError: readOnlyStrategy(),
  });
  let problem: string | null = 'not connected yet';
  const change = (next: string | null): void => {
    if (next === problem) return;
    problem = next;
    options.onState?.(next);
  };
  redis.on('error', (error: Error) => change(error.message));
  redis.on('close', () => change(problem ?? 'the connection was closed'));
  redis.on('ready', () => change(null));
  return { redis, problem: () => problem, close: () => redis.disconnect() };
}

/** Replies that say "not now", rather than that the command is wrong; some versions quote them in an error of the script. */
const NOT_NOW = /(?:^|-)(LOADING|BUSY|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MISCONF|OOM)\b/;

/**
 * Waits for a command; whatever keeps Redis from answering it becomes `RegistryUnavailable`.
 * @throws the reply itself when Redis answers that the command is wrong: a mistake of ours.
 */
export async function answered<T>(command: Promise<T>): Promise<T> {
  try {
    return await command;
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError' && !NOT_NOW.test(error.message)) throw error;
    throw new RegistryUnavailable(error);
  }
}
