import { isMachine, machineOf } from './door';
import { type History, only } from './history';

/** A change of owner after a balancer's process was killed. Times in milliseconds. */
export interface FailOver {
  readonly cluster: string;
  /** The balancer that was killed. */
  readonly from: string;
  /** From its end until the other held the lease and had polled a node under its epoch. */
  readonly takeOverMs: number;
  /** From the first poll of the balancer that came back until it had the lease again; null: it did not get it back. */
  readonly failBackMs: number | null;
}

/** Every time that the other balancer took a cluster over after the end of the process that owned it. */
export function failOvers(history: History): FailOver[] {
  return only(history, 'process')
    .filter(({ what, group }) => what === 'ended' && isMachine(group))
    .flatMap(({ t, nodeId, group }) =>
      ['lobby', 'game'].flatMap((cluster) => failOver(history, { t, nodeId, group }, cluster)),
    );
}

interface End {
  readonly t: number;
  readonly nodeId: string;
  readonly group: string;
}

function failOver(history: History, { t, nodeId, group }: End, cluster: string): FailOver[] {
  const leases = only(history, 'lease').filter((lease) => lease.cluster === cluster);
  const before = leases.findLast((lease) => lease.t <= t && lease.owner !== null);
  if (before?.owner?.split('/')[0] !== nodeId) return [];
  const isBack = (id: string) => machineOf(id) === group && id !== nodeId;
  const taken = leases.find((lease) => lease.t > t && lease.owner !== null && lease.owner !== before.owner);
  // Its machine was quicker than the other's patience.
  if (isBack(taken?.owner?.split('/')[0] ?? '')) return [];
  const polls = only(history, 'asked').filter((poll) => poll.t > t);
  const poll = polls.find(({ epoch }) => taken?.epoch != null && epoch === taken.epoch);
  if (taken === undefined || poll === undefined) {
    return [{ cluster, from: nodeId, takeOverMs: Number.POSITIVE_INFINITY, failBackMs: null }];
  }
  const back = polls.find(({ by }) => isBack(by));
  const home = leases.find((lease) => lease.t > taken.t && isBack(lease.owner?.split('/')[0] ?? ''));
  const failBackMs = back === undefined || home === undefined ? null : Math.round(home.t - back.t);
  return [{ cluster, from: nodeId, takeOverMs: Math.round(Math.max(taken.t, poll.t) - t), failBackMs }];
}

/** How the requests to one address went between two times: how many, and the codes of those that failed. */
export function requestsTo(history: History, to: string, fromT: number, untilT: number) {
  const requests = only(history, 'request').filter((each) => each.to === to && each.t >= fromT && each.t <= untilT);
  const failed = requests.filter(({ ok }) => !ok).map(({ code }) => code);
  return { asked: requests.length, failed: [...new Set(failed)].map((code) => `${count(failed, code)} ${code}`) };
}

/** What became of the players. */
export function players(history: History) {
  const outcomes = only(history, 'player').map(({ what }) => what);
  return { finished: count(outcomes, 'finished'), failed: count(outcomes, 'failed') };
}

function count<T>(list: readonly T[], wanted: T): number {
  return list.filter((each) => each === wanted).length;
}

/** The middle one; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
