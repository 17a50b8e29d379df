import type { Join } from './arrivals';
import type { Policy } from './policies';

/** Requests that come within this time share a call, in milliseconds of virtual time: about one turn of a busy event loop. */
const TURN_MS = 5;
const SECOND_MS = 1_000;
/** How long a client that found every window full waits before it asks again, in milliseconds: what the API tells it. */
const RETRY_MS = 300;

export interface Outcome {
  readonly policy: string;
  /** At each second's end: the most joins that one node has got so far, over the mean. */
  readonly maxToMean: readonly number[];
  /** The same once every join has a node. */
  readonly maxToMeanAtEnd: number;
  /** The largest share of one second's joins that went to one node, 0 to 1. */
  readonly busiestShare: number;
  /** Answers "ask again", because every window was full. */
  readonly retries: number;
}

/**
 * Plays the joins against the policy in virtual time: they ask, get a node, and are connected a little later; each second a
 * poll tells the policy who has arrived. Takes as long as the policy's own calls take.
 */
export async function simulate(policy: Policy, joins: readonly Join[], nodes: number): Promise<Outcome> {
  const given = new Array<number>(nodes).fill(0);
  const connections = new Array<number>(nodes).fill(0);
  let underWay: { readonly join: number; readonly node: number; readonly atMs: number }[] = [];
  let asking = joins.map((join, index) => ({ join: index, atMs: join.atMs }));
  let thisSecond = new Array<number>(nodes).fill(0);
  let busiestShare = 0;
  let retries = 0;
  const maxToMean: number[] = [];

  const poll = (nowMs: number): Promise<void> => {
    const arrived = Array.from({ length: nodes }, (): number[] => []);
    for (const { join, node } of underWay.filter(({ atMs }) => atMs <= nowMs)) {
      arrived[node]?.push(join);
      connections[node] = (connections[node] ?? 0) + 1;
    }
    underWay = underWay.filter(({ atMs }) => atMs > nowMs);
    return policy.poll({ connections: [...connections], arrived });
  };

  await poll(0);
  for (let nowMs = TURN_MS; asking.length > 0 || nowMs % SECOND_MS !== TURN_MS; nowMs += TURN_MS) {
    const due = asking.filter(({ atMs }) => atMs < nowMs).map(({ join }) => join);
    if (due.length > 0) {
      asking = asking.filter(({ atMs }) => atMs >= nowMs);
      const chosen = await policy.assign(due);
      for (const [index, join] of due.entries()) {
        const node = chosen[index] ?? null;
        if (node === null) {
          retries += 1;
          asking.push({ join, atMs: nowMs + RETRY_MS });
        } else {
          given[node] = (given[node] ?? 0) + 1;
          thisSecond[node] = (thisSecond[node] ?? 0) + 1;
          underWay.push({ join, node, atMs: nowMs + (joins[join]?.connectMs ?? 0) });
        }
      }
    }
    if (nowMs % SECOND_MS === 0) {
      maxToMean.push(ratio(given));
      busiestShare = Math.max(busiestShare, Math.max(...thisSecond) / Math.max(1, sum(thisSecond)));
      thisSecond = new Array<number>(nodes).fill(0);
      await poll(nowMs);
    }
  }
  return { policy: policy.name, maxToMean, maxToMeanAtEnd: ratio(given), busiestShare, retries };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function ratio(counts: readonly number[]): number {
  return sum(counts) === 0 ? 1 : (Math.max(...counts) * counts.length) / sum(counts);
}
