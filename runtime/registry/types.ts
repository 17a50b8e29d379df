import type { Lease } from '../core/lease';
import type { RoomReport } from '../core/protocol/agent';
import type { PlacedRoom } from '../core/protocol/peer';

/**
 * What the registry offers, as interfaces: the balancer, the API and the lobby depend on these, tests may stand in for them.
 * Every method rejects with `RegistryUnavailable` when Redis does not answer within the command time limit.
 */

/** One node of a refresh: what the owner's poll of this tick found. */
export interface NodeUpdate {
  readonly nodeId: string;
  readonly startId: string;
  /** What others may read of it: stored as JSON in the hash `nodes`. */
  readonly endpoint: string;
  readonly zone: string;
  readonly version: string;
  readonly sessions: number;
  readonly connections: number;
  readonly capacity: number;
  /** Above 0. Score in the sorted set = (sessions + pending) / weight. */
  readonly weight: number;
  /** Most reservations pending at once. */
  readonly window: number;
  /**
   * green: takes joins. held: takes joins only when no green node can (S8). suspect: none for now.
   * draining: none any more, but rooms that live there stay there. sealed: none, and rooms are given another node.
   */
  readonly standing: 'green' | 'held' | 'suspect' | 'draining' | 'sealed';
  /** Reservations fulfilled since the last refresh. */
  readonly arrivals: readonly string[];
}

export interface RefreshResult {
  /** Per node: reservations pending now, and how many ran out unfulfilled since the last refresh. */
  readonly pending: ReadonlyMap<string, { readonly count: number; readonly expired: number }>;
}

/** Seats wanted, all on one node: all or none. */
export interface ReserveRequest {
  /** One reservation id per seat. */
  readonly rids: readonly string[];
  /** With the same key the first answer comes again while its node takes joins. Scoped by the caller; kept for 10 minutes. */
  readonly idempotency?: {
    readonly key: string;
    /** Of the request's content; another fingerprint under the same key is refused. */
    readonly fingerprint: string;
  };
}

export type ReserveResult =
  | {
      readonly ok: true;
      readonly nodeId: string;
      readonly startId: string;
      /** The seats granted; on a replay those of the first answer. */
      readonly rids: readonly string[];
      /** When the ticket is to expire, Unix milliseconds by the registry's clock; the seats are kept 5 s longer. */
      readonly ticketExpiresAtMs: number;
    }
  /** FULL: no node has room. BUSY: there is room, but every window is full. NO_NODES: no node takes joins. */
  | { readonly ok: false; readonly code: 'FULL' | 'BUSY' | 'NO_NODES' | 'IDEMPOTENCY_KEY_REUSED' };

export interface ReserveOptions {
  /** Lifetime of the tickets, in milliseconds. */
  readonly ticketTtlMs: number;
  /** Nodes that this balancer's own polls cannot reach: not chosen, whatever the registry says. */
  readonly exclude: readonly string[];
  /** spread: lowest load per weight first. pack: the fullest node that still has room first. */
  readonly policy: 'spread' | 'pack';
}

/** Seats of one cluster. */
export interface SeatRegistry {
  /** Owner only, once a tick: writes nodes, confirms arrivals, expires reservations. Nodes not named are removed. One script call. */
  refresh(update: { readonly epoch: number; readonly nodes: readonly NodeUpdate[] }): Promise<RefreshResult>;
  /** Takes one node out of the joins at once, between two refreshes (its agent connection broke). */
  suspend(nodeId: string, epoch: number): Promise<void>;
  /** Many requests in one script call, each on its own: the results are in the order of the requests. */
  reserve(requests: readonly ReserveRequest[], options: ReserveOptions): Promise<ReserveResult[]>;
  /** What `refresh` wrote of a node; null when unknown. */
  node(nodeId: string): Promise<NodeUpdate | null>;
  /** Reservations that have not arrived, by node; nodes without any are left out. */
  pending(): Promise<ReadonlyMap<string, number>>;
}

export interface RoomStartRequest {
  readonly roomId: string;
  readonly mode: string;
  readonly playerId: string;
  /** All members, as the match token says; creates the room at the first start. */
  readonly members: readonly string[];
}

export type RoomStartResult =
  | {
      readonly ok: true;
      readonly nodeId: string;
      readonly startId: string;
      readonly rid: string;
      readonly gen: number;
      /** Members who have not finished. */
      readonly expected: readonly string[];
      readonly ticketExpiresAtMs: number;
    }
  /** BUSY also while the room's node is suspect: it may come back, so the room waits (S2). ROOM_CLOSED: ended, dissolved, or this player has finished. */
  | { readonly ok: false; readonly code: 'FULL' | 'BUSY' | 'NO_NODES' | 'ROOM_CLOSED' | 'MATCH_TOKEN_INVALID' };

/** `first`: this call ended the member's part; false for a repetition, and in a room that was over before. */
export type RoomFinishResult =
  | { readonly status: 'finished' | 'ended'; readonly first: boolean }
  | { readonly status: 'unknown-member' };

export interface RoomRecord {
  readonly roomId: string;
  readonly mode: string;
  readonly status: 'started' | 'complete' | 'ended' | 'dissolved';
  readonly nodeId: string | null;
  readonly startId: string | null;
  readonly gen: number;
  readonly members: readonly string[];
  readonly finished: readonly string[];
}

/** Rooms of the game cluster; in the same script call as its seats. */
export interface RoomRegistry {
  /** S2: the first call places the room and reserves a seat for each member; later calls repeat its node. A dead node: placed anew, gen + 1. */
  start(request: RoomStartRequest, options: ReserveOptions): Promise<RoomStartResult>;
  /** Ends one member's part; idempotent. Creates the ended state also for a room that was never started. */
  finish(request: RoomStartRequest): Promise<RoomFinishResult>;
  get(roomId: string): Promise<RoomRecord | null>;
  /**
   * Owner only: what game nodes report. complete → noted; closed as incomplete → dissolved; closed as empty or ended → ended. A room
   * that is not known, or only in an earlier generation, was lost with a write: its record is made again from the report.
   */
  report(
    nodeId: string,
    startId: string,
    reports: readonly RoomReport[],
    epoch: number,
  ): Promise<readonly RoomReportOutcome[]>;
  /**
   * Writes where rooms were placed without the registry, or by one that has lost it since. A room that is over, or has a later
   * generation, stays as it is. Idempotent.
   */
  restore(rooms: readonly PlacedRoom[]): Promise<void>;
  /**
   * Owner only: whether the registry knows every live room; until it does, `start` places none (BUSY). `ask`: it does not, and every
   * node is to be asked for all of its rooms now. `asked`: it does not yet. Once they have been written, it is to be called with
   * `everyNodeReported`.
   */
  gather(epoch: number, everyNodeReported: boolean): Promise<'gathered' | 'ask' | 'asked'>;
}

export interface RoomReportOutcome {
  readonly roomId: string;
  /** stale: the room lives elsewhere. */
  readonly outcome: 'ok' | 'stale';
  /** Who must close which generation of it: the reporting node when stale, else the one that it has now been taken from. */
  readonly close: { readonly nodeId: string; readonly gen: number } | null;
}

/** A room that was just decided, or that a player has. */
export interface Match {
  readonly roomId: string;
  readonly mode: string;
  readonly pool: string;
  readonly members: readonly string[];
  /** Unix milliseconds by the registry's clock; not complete by then → dissolved. */
  readonly deadlineMs: number;
}

/** dissolved: not complete in time; ended: its last member was released. */
export interface MatchRecord extends Match {
  readonly status: 'open' | 'complete' | 'dissolved' | 'ended';
}

/** A room as its game node sees it. */
export interface LiveRoom {
  readonly roomId: string;
  readonly mode: string;
  readonly members: readonly string[];
  /** Those who have neither finished nor left. */
  readonly playing: readonly string[];
  /** Everybody was there once. */
  readonly complete: boolean;
}

export interface WaitingPlayer {
  readonly playerId: string;
  readonly mode: string;
  readonly pool: string;
  /** Identifies the connection; of two for one player the one that entered last holds. */
  readonly connectionId: string;
  /** Unix milliseconds; decides the order. Kept over reconnects, and when Redis was emptied. */
  readonly enteredAtMs: number;
  /** The match that the lobby node knows the player to be in; absent while waiting. */
  readonly known?: { readonly match: Match; readonly acknowledged: boolean };
}

export type PlayerStanding =
  /** `enteredAtMs`: the place that counts; an older one than was given when the player kept the place over a reconnect. */
  | { readonly playerId: string; readonly state: 'waiting'; readonly enteredAtMs: number }
  | { readonly playerId: string; readonly state: 'matched'; readonly match: Match }
  /** A newer connection of the same player entered elsewhere. */
  | { readonly playerId: string; readonly state: 'replaced' }
  /** The match that was known is over for this player (finished, or the registry forgot a match that the player had learned of). */
  | { readonly playerId: string; readonly state: 'gone' };

/** The lobby's queue; everything under the lobby cluster's hash tag. */
export interface MatchQueue {
  /** Enqueues (or keeps the old place), then matches as many rooms as there are players for. Returns the player's standing and rooms made by this call. */
  enter(player: WaitingPlayer, roomSize: number): Promise<{ standing: PlayerStanding; made: Match[] }>;
  /** Takes a waiting player out; a matched one stays matched. */
  leave(playerId: string, connectionId: string): Promise<'left' | 'matched' | 'unknown'>;
  /** The connection was lost: keeps the place, but is not matched until heard of again. */
  away(playerId: string, connectionId: string): Promise<void>;
  /** Every second, for all players that wait on this lobby node: they are alive (and are enqueued again if the registry forgot). Returns their standings, in order. Callers pass a few hundred at a time. */
  heartbeat(players: readonly WaitingPlayer[]): Promise<PlayerStanding[]>;
  /** Every second on every lobby node: matches what can be matched, dissolves overdue rooms, forgets the long silent. */
  sweep(roomSize: (mode: string) => number | undefined): Promise<{ made: Match[]; dissolved: Match[] }>;
  /** The player has learned of the match. */
  acknowledge(playerId: string, roomId: string): Promise<void>;
  /** The room is complete on its game node: no longer dissolved for lateness. */
  complete(roomId: string): Promise<void>;
  /** The room is live on its game node: puts back what the registry has forgotten of it and its members. True when there was something. Idempotent. */
  restore(room: LiveRoom): Promise<boolean>;
  /**
   * Membership ends: of these players, or of all when absent (room ended or dissolved). Idempotent; never touches a membership of
   * another room. All released before the room was complete: the match is dissolved, its players wait again at their old place.
   */
  release(roomId: string, players?: readonly string[]): Promise<void>;
  /** Waiting players per mode and pool. */
  depths(): Promise<readonly { mode: string; pool: string; waiting: number }[]>;
  /** The match as stored, for a while also when it is over; null when unknown. */
  match(roomId: string): Promise<MatchRecord | null>;
}

/** The lease of one cluster. Every change is made only when the lease still is as the caller saw it. */
export interface LeaseRegistry {
  /** Who holds it (null: nobody), and the highest epoch that ever wrote to the cluster (0: none). */
  read(): Promise<{ readonly lease: Lease | null; readonly epoch: number }>;
  /** Makes it last `ttlMs` from now; false when it is not this one any more. */
  renew(lease: Lease, ttlMs: number): Promise<boolean>;
  /** Gives it to an owner, under a new epoch above `above` and any that wrote here; null when it was not as expected. */
  grant(expected: Lease | null, to: string, above: number, ttlMs: number): Promise<Lease | null>;
}

/** Redis did not answer, or not in time. */
export class RegistryUnavailable extends Error {
  constructor(cause: unknown) {
    super('The registry cannot be reached', { cause });
    this.name = 'RegistryUnavailable';
  }
}

/** A write was refused because an owner with a higher epoch has written since: whoever gets this is no longer the owner (S4). */
export class StaleEpoch extends Error {
  constructor(epoch: number) {
    super(`Epoch ${epoch} is over: the cluster has a newer owner`);
    this.name = 'StaleEpoch';
  }
}
