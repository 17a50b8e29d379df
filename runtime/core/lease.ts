/**
 * Epochs for each millisecond of the clock. An epoch is above `clock × EPOCHS_PER_MS` when it is given, by a random step of up to
 * this: the low digits are its nonce. So it is one number that all parts compare, an exact integer until the year 2248.
 */
export const EPOCHS_PER_MS = 1_024;

/** A node that reports an epoch from further in the future than this, in milliseconds, is not believed. */
const MOST_AHEAD_MS = 3_600_000;

/** The number that the next epoch is to be above; `clockMs` is Unix time. */
export function epochFloor(known: number, clockMs: number): number {
  return Math.max(known, clockMs * EPOCHS_PER_MS);
}

/** Whether an epoch that a node reports can be one: else a broken node could use up the numbers. */
export function isPlausibleEpoch(epoch: number, clockMs: number): boolean {
  return Number.isInteger(epoch) && epoch <= (clockMs + MOST_AHEAD_MS) * EPOCHS_PER_MS;
}

/** Who holds a cluster's lease, and under which epoch. */
export interface Lease {
  /** A balancer's one start: an earlier start of the same balancer is somebody else. */
  readonly owner: string;
  readonly epoch: number;
}

export interface LeaseConfig {
  /** How long the registry keeps a lease that is not renewed, in milliseconds. */
  readonly ttlMs: number;
  /** How much earlier the owner stops believing in it, in milliseconds: room for clocks that run at different speeds. */
  readonly marginMs: number;
  /** Silence after which the peer counts as dead, in milliseconds. */
  readonly peerSilentMs: number;
  /** How long a cluster that nobody ever owned waits for a silent home balancer, in milliseconds. */
  readonly startGraceMs: number;
}

/** What one balancer knows about one cluster's lease. Times are monotonic, in milliseconds. */
export interface LeaseState {
  /** The epoch under which we last owned the cluster; 0: never. */
  readonly mine: number;
  /** We own the cluster before this time, and not afterwards. */
  readonly untilMs: number;
  /** The highest epoch that we have heard of. */
  readonly known: number;
  /** Since when every look found the lease free; null when the last one did not. */
  readonly freeSinceMs: number | null;
  /** When we last looked; null: never. */
  readonly lookedMs: number | null;
}

/** The peer as it showed itself last. */
export interface LeasePeer {
  /** How long it has not answered, in milliseconds; 0 when it answered the last time. */
  readonly silentMs: number;
  /** It has been there, and fit to own, for long enough to get its clusters back. */
  readonly steady: boolean;
  /**
   * How long ago it was asked whether it was the last owner, and said no, in milliseconds, our own pauses included; infinite: its last
   * answer was another.
   */
  readonly deniedAgoMs: number;
  /** Null until it answered for the first time. */
  readonly view: {
    readonly owner: string;
    /** It prefers this cluster. */
    readonly home: boolean;
    readonly canRenew: boolean;
    /** The epoch of this cluster under which it was the last owner, as far as it knows; 0: it was not. */
    readonly claim: number;
  } | null;
}

export interface LeaseSample {
  /** Our name in leases. */
  readonly me: string;
  /** We prefer this cluster. */
  readonly home: boolean;
  /** What the registry holds now; null when it does not answer. */
  readonly registry: { readonly lease: Lease | null; readonly epoch: number } | null;
  /** The highest epoch that a node has reported. */
  readonly reported: number;
  /** Null when there is none: this balancer works alone. */
  readonly peer: LeasePeer | null;
}

export type LeaseAction =
  | { readonly kind: 'none' }
  /** Renew this lease, which is ours. */
  | { readonly kind: 'renew'; readonly lease: Lease }
  /** Write a lease of our own, if it is still as `expected` (null: free), with an epoch above `above`. */
  | { readonly kind: 'acquire'; readonly expected: Lease | null; readonly above: number }
  /** Write the lease for the peer. We are not the owner from the moment of this decision. */
  | { readonly kind: 'handOver'; readonly expected: Lease; readonly to: string; readonly above: number }
  /** We were the owner until now. */
  | { readonly kind: 'stepDown' };

export interface LeaseStep {
  readonly state: LeaseState;
  readonly action: LeaseAction;
  readonly reason: string;
}

export const INITIAL_LEASE: LeaseState = {
  mine: 0,
  untilMs: Number.NEGATIVE_INFINITY,
  known: 0,
  freeSinceMs: null,
  lookedMs: null,
};

/** The epoch under which we own the cluster now; null when we do not. */
export function ownedEpoch(state: LeaseState, nowMs: number): number | null {
  return nowMs < state.untilMs ? state.mine : null;
}

/** Whether an answer of the registry still tells how things are: after a pause of our own it is from before. */
export function isCurrent(askedMs: number, nowMs: number, config: LeaseConfig): boolean {
  return nowMs - askedMs <= config.ttlMs / 3;
}

/** The registry took our renewal or acquisition, which was sent at `sentAtMs`. */
export function leaseTaken(state: LeaseState, epoch: number, sentAtMs: number, config: LeaseConfig): LeaseState {
  const untilMs = sentAtMs + config.ttlMs - config.marginMs;
  return { ...state, mine: epoch, untilMs, known: Math.max(state.known, epoch), freeSinceMs: null };
}

/** The epoch under which we were the last owner that anybody we know has heard of; 0: somebody else was, or nobody. */
export function claimOf(state: LeaseState): number {
  return state.mine === state.known ? state.mine : 0;
}

/**
 * One look at one cluster's lease. `nowMs` is monotonic, and the time at which the registry was asked.
 *
 * Ours: renewed, or handed over when the cluster's home is the peer and the peer has been steady. Somebody else's: left alone. Free:
 * taken when nobody can still believe to own it *and* it is ours to take: we were the last owner, or it is our home and the peer
 * denies that it was, or the peer was and is silent or says that it cannot renew. A free lease alone, or a silent peer alone, is a
 * guess, and changes nothing.
 */
export function decideLease(before: LeaseState, sample: LeaseSample, nowMs: number, config: LeaseConfig): LeaseStep {
  const { registry, me } = sample;
  const known = Math.max(
    before.known,
    registry?.epoch ?? 0,
    registry?.lease?.epoch ?? 0,
    sample.peer?.view?.claim ?? 0,
  );
  const owned = nowMs < before.untilMs;
  const free = registry !== null && registry.lease === null;
  // Looks that lie far apart, as we were paused, do not tell what was in between.
  const gap = before.lookedMs !== null && nowMs - before.lookedMs > config.ttlMs / 2;
  const freeSinceMs = free ? ((gap ? null : before.freeSinceMs) ?? nowMs) : null;
  const state = { ...before, known, freeSinceMs, lookedMs: nowMs };
  const none = (reason: string): LeaseStep => ({ state, action: { kind: 'none' }, reason });
  const stepDown = (reason: string): LeaseStep => ({
    state: { ...state, untilMs: Number.NEGATIVE_INFINITY },
    action: before.untilMs === Number.NEGATIVE_INFINITY ? { kind: 'none' } : { kind: 'stepDown' },
    reason,
  });

  if (registry === null) {
    return owned
      ? none('the registry does not answer; ours until the lease runs out')
      : stepDown('the registry does not answer');
  }
  const { lease } = registry;
  if (lease === null) return decideFree(state, { ...sample, registry }, nowMs, config);
  if (lease.owner !== me) return stepDown(`${lease.owner} holds the lease`);
  if (lease.epoch < known)
    return stepDown(`the lease is ours, but epoch ${known} came after it: the registry has lost something`);
  if (sample.reported > known) {
    const reason = `a node has seen epoch ${sample.reported}: a higher one is needed`;
    return { state, action: { kind: 'acquire', expected: lease, above: sample.reported }, reason };
  }
  const to = heir(sample);
  if (to === null) return { state, action: { kind: 'renew', lease }, reason: 'ours' };
  return {
    state: { ...state, untilMs: Number.NEGATIVE_INFINITY },
    action: { kind: 'handOver', expected: lease, to, above: Math.max(known, sample.reported) },
    reason: 'its home balancer is back and steady',
  };
}

/** Whom the cluster goes home to; null when it stays. */
function heir({ home, peer }: LeaseSample): string | null {
  return !home && peer?.view?.home === true && peer.steady && peer.view.canRenew ? peer.view.owner : null;
}

type Answered = LeaseSample & { readonly registry: { readonly epoch: number } };

function decideFree(state: LeaseState, sample: Answered, nowMs: number, config: LeaseConfig): LeaseStep {
  const entitled = entitlement(state, sample, config);
  if (entitled.ok && nobodyBelieves(state, sample, nowMs, config)) {
    const above = Math.max(state.known, sample.reported);
    return { state, action: { kind: 'acquire', expected: null, above }, reason: entitled.reason };
  }
  const reason = entitled.ok ? `${entitled.reason}; waiting until nobody can hold an older lease` : entitled.reason;
  const over = state.untilMs <= nowMs && state.untilMs !== Number.NEGATIVE_INFINITY;
  if (!over) return { state, action: { kind: 'none' }, reason };
  return { state: { ...state, untilMs: Number.NEGATIVE_INFINITY }, action: { kind: 'stepDown' }, reason };
}

/**
 * A lease that ran out in a registry that has lost nothing is over for its owner, too. One that is missing from a registry that was
 * emptied or has gone back in time may still be believed in: by nobody after a whole `ttlMs`. The peer's word that it does not is
 * enough for the last owner, as nobody else can, and at the very first start for the home balancer.
 */
function nobodyBelieves(
  state: LeaseState,
  { home, registry, peer }: Answered,
  nowMs: number,
  config: LeaseConfig,
): boolean {
  if (nowMs < state.untilMs || peer === null) return true;
  if (registry.epoch > 0 && registry.epoch >= state.known) return true;
  // Its word is fresh: it is not the one, and neither of us knows of a later owner than us (or of any, at the very first start).
  const denies = peer.view?.claim === 0 && peer.deniedAgoMs <= config.ttlMs / 4;
  if (denies && (claimOf(state) > 0 || (home && state.known === 0))) return true;
  return state.freeSinceMs !== null && nowMs - state.freeSinceMs >= config.ttlMs;
}

type Entitlement = { readonly ok: boolean; readonly reason: string };

function entitlement(
  state: LeaseState,
  { home, peer, registry, reported }: Answered,
  config: LeaseConfig,
): Entitlement {
  const yes = (reason: string): Entitlement => ({ ok: true, reason });
  const no = (reason: string): Entitlement => ({ ok: false, reason });
  if (peer === null) return yes('there is no other balancer');
  if (claimOf(state) > 0) return yes('ours until it ran out');
  const silent = `the peer has been silent for ${peer.silentMs} ms`;
  const never = registry.epoch === 0 && state.known === 0 && reported === 0;
  if (peer.view === null || peer.silentMs >= config.peerSilentMs) {
    if (never && home) return yes('nobody ever owned it, and this is its home');
    if (peer.silentMs >= (never ? config.startGraceMs : config.peerSilentMs)) return yes(silent);
    return no('the lease is free, but the peer has not been silent for long');
  }
  if (!peer.view.canRenew) return yes('the peer says that it cannot renew');
  if (peer.view.claim > 0) return no('the peer was the last owner, and will renew');
  if (home) return yes('the peer denies to own it, and this is its home');
  return peer.view.home ? no("it is the peer's to take") : yes('the peer denies to own it');
}
