import type { Match, WaitingPlayer } from '../registry/types';
import type { Stand } from './stand';

/** How the matchmaker reaches one player: their connection. */
export interface Outlet {
  /** Tells of the match; `learned` is to be called when the client acknowledges. */
  matched(match: Match, learned: () => void): void;
  /** Nobody to play with within the time limit. */
  timedOut(mode: string, waitedMs: number): void;
  /** The same player entered on another node: this connection is over. */
  replaced(): void;
}

export type Answer<T> = (status: T) => void;

/** One ENTER of a player. A later ENTER makes a new one, so that what comes back late for an old one is recognised. */
export interface Entry {
  readonly playerId: string;
  readonly mode: string;
  readonly pool: string;
  readonly connectionId: string;
  enteredAtMs: number;
  stand: Stand;
  /** Null while the connection is lost. */
  outlet: Outlet | null;
  /** LEAVE was sent: out as soon as there is no match. */
  leaving: boolean;
  /** An ENTER or LEAVE for the registry is under way. */
  busy: boolean;
  /** Clients' acknowledgements of ENTER and LEAVE that are still owed. */
  readonly entered: Answer<'waiting' | 'matched'>[];
  readonly left: Answer<'left' | 'matched'>[];
}

/** The entry as the registry's queue takes it. */
export function asWaiting({ playerId, mode, pool, connectionId, enteredAtMs, stand }: Entry): WaitingPlayer {
  const player = { playerId, mode, pool, connectionId, enteredAtMs };
  if (stand.kind !== 'matched') return player;
  return { ...player, known: { match: stand.match, acknowledged: stand.acknowledged } };
}

/** Whether this node speaks for the player each second: entered, there, and not about to leave the queue. */
export function isSpokenFor({ stand, outlet, leaving }: Entry): boolean {
  if (outlet === null || stand.kind === 'entering') return false;
  return stand.kind === 'matched' || !leaving;
}

/** Whether the registry has not heard of the ENTER yet, and nobody is about to tell it. */
export function isOwedEntry({ stand, outlet, leaving, busy }: Entry): boolean {
  return stand.kind === 'entering' && outlet !== null && !leaving && !busy;
}

/** Whether the registry has not heard of the LEAVE yet, and nobody is about to tell it. */
export function isOwedLeave({ left, busy }: Entry): boolean {
  return left.length > 0 && !busy;
}

/** Acknowledgements owed to one player at most: a client that asks again and again while the registry is away waits for the last ones. */
const MOST_OWED = 8;

/** One more is owed; of too many the oldest are never answered. */
export function owe<T>(answers: Answer<T>[], answer: Answer<T>): void {
  answers.push(answer);
  if (answers.length > MOST_OWED) answers.splice(0, answers.length - MOST_OWED);
}

export function answerAll<T>(answers: Answer<T>[], status: T): void {
  for (const answer of answers.splice(0)) answer(status);
}
