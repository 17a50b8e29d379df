export interface PeerConfig {
  /** Period of the questions, in milliseconds. */
  readonly pingMs: number;
  /** Silence after which the peer counts as gone, in milliseconds. */
  readonly silentMs: number;
  /** How long a peer that has come back must be there, and fit to own, before it gets its clusters back, in milliseconds. */
  readonly steadyMs: number;
}

/** What the last period brought. */
export interface PeerSample {
  /** Something valid came from the peer. */
  readonly heard: boolean;
  /** Which start of the peer it was; null before the first message. */
  readonly startId: string | null;
  /** It says that it can own clusters. */
  readonly fit: boolean;
}

export interface PeerState {
  /** How long it has not answered, in milliseconds; 0: it answered the last time. */
  readonly silentMs: number;
  /** Since when it has been there and fit, monotonic; null while it is not. */
  readonly presentSinceMs: number | null;
  /** Stays in a row that were short. */
  readonly shortStays: number;
  readonly startId: string | null;
  /** When the last step ran, monotonic; null before the first. */
  readonly atMs: number | null;
  /** The last step came late: we are slow for good, not just back from a pause. */
  readonly late: boolean;
}

/** So many short stays in a row are chance; each further one doubles the wait at the next return. */
const CHANCE = 2;
/** The wait doubles at most this many times. */
const MOST_DOUBLINGS = 4;

export const INITIAL_PEER: PeerState = {
  silentMs: 0,
  presentSinceMs: null,
  shortStays: 0,
  startId: null,
  atMs: null,
  late: false,
};

/**
 * One period. `nowMs` is monotonic. Silence is counted in questions that were asked and not answered, so that our own pause
 * accuses nobody: a step that comes late counts nothing, unless they all do.
 */
export function stepPeer(state: PeerState, sample: PeerSample, nowMs: number, config: PeerConfig): PeerState {
  const late = state.atMs !== null && nowMs - state.atMs > 2 * config.pingMs;
  const counted = late && !state.late ? 0 : config.pingMs;
  const silentMs = sample.heard ? 0 : state.silentMs + counted;
  const restarted = sample.startId !== state.startId;
  const present = silentMs < config.silentMs && sample.fit && sample.startId !== null;
  const stayed = state.presentSinceMs !== null && present && !restarted;
  const left = state.presentSinceMs !== null && !stayed;
  const short = left && nowMs - (state.presentSinceMs ?? nowMs) < 2 * steadyAfterMs(state, config);
  const shortStays = left ? (short ? state.shortStays + 1 : 0) : state.shortStays;
  const presentSinceMs = stayed ? state.presentSinceMs : present ? nowMs : null;
  return { silentMs, presentSinceMs, shortStays, startId: sample.startId, atMs: nowMs, late };
}

/** It has been there and fit for long enough. */
export function isSteady(state: PeerState, nowMs: number, config: PeerConfig): boolean {
  return state.presentSinceMs !== null && nowMs - state.presentSinceMs >= steadyAfterMs(state, config);
}

/** A peer that comes and goes must stay longer each time, in milliseconds. */
function steadyAfterMs({ shortStays }: PeerState, { steadyMs }: PeerConfig): number {
  return steadyMs * 2 ** Math.min(Math.max(shortStays - CHANCE, 0), MOST_DOUBLINGS);
}
