import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { Launched } from '../support/launched';
import { Facts } from './facts';
import { requestsTo } from './figures';
import { type History, only, parseHistory } from './history';
import { ASKED_DIRECTLY, PAUSE_MS } from './set';

const ROOT = resolve(__dirname, '../..');
/** How long a run may take, in milliseconds: on a busy machine all takes longer. */
const LIMIT_MS = 420_000;
/** L2. */
const DEADLINE_MS = 5_000;

const Summary = z.object({
  players: z.object({ finished: z.number(), failed: z.number() }),
  failOvers: z.array(z.object({ cluster: z.string(), takeOverMs: z.number(), failBackMs: z.number().nullable() })),
  violations: z.array(z.object({ rule: z.string(), t: z.number(), what: z.string() })),
});

const folder = mkdtempSync(join(tmpdir(), 'chaos-'));
const runs: Launched[] = [];
afterAll(() => {
  for (const run of runs) run.cleanUp();
  rmSync(folder, { recursive: true, force: true });
});

/** `npm run chaos` as a user types it. */
async function chaos(...args: readonly string[]) {
  const own = mkdtempSync(join(folder, 'run-'));
  const json = join(own, 'summary.json');
  const run = new Launched('npm', ['--prefix', ROOT, 'run', 'chaos', '--', ...args, '--folder', own, '--json', json]);
  runs.push(run);
  const { code } = await run.exited;
  if (code !== 0) throw new Error(`exit code ${code}:\n${run.output}`);
  return {
    summary: Summary.parse(JSON.parse(readFileSync(json, 'utf8'))),
    history: parseHistory(readFileSync(join(own, 'history.jsonl'), 'utf8')),
    left: run.processes(),
  };
}

describe('the fixed set of faults', () => {
  let summary: z.infer<typeof Summary>;
  let history: History;
  let left: readonly number[];

  beforeAll(async () => {
    ({ summary, history, left } = await chaos('--set', '--players', '60'));
  }, LIMIT_MS);

  const faultsOf = (what: string) => only(history, 'fault').filter((fault) => fault.what.startsWith(what));
  /** When the first such fault began and was healed. */
  const period = (what: string): [number, number] => {
    const [fault] = faultsOf(what);
    const healed = only(history, 'healed').find(({ id }) => id === fault?.id);
    return [fault?.t ?? Number.NaN, healed?.t ?? Number.NaN];
  };
  const leases = (cluster: string) => only(history, 'lease').filter((lease) => lease.cluster === cluster);
  const ownerAt = (cluster: string, t: number) => leases(cluster).findLast((lease) => lease.t <= t)?.owner ?? null;

  it('the checker finds nothing, every player finishes, and no process is left', () => {
    expect(summary.violations).toEqual([]);
    expect(summary.players.finished).toBeGreaterThan(100);
    expect(summary.players.failed).toBe(0);
    expect(left).toEqual([]);
  });

  it('the owner is killed: the peer owns and polls within 5 s, and gives the cluster back within 5 s', () => {
    const [killed, healed] = period('kill');
    const [over] = summary.failOvers;
    expect(over?.cluster).toBe('lobby');
    // A machine that has no time for the observer has none for the balancers.
    const heldUp = new Facts(history).lag(killed, healed + 2 * DEADLINE_MS);
    expect(over?.takeOverMs).toBeLessThanOrEqual(DEADLINE_MS + heldUp);
    expect(over?.failBackMs).toBeLessThanOrEqual(DEADLINE_MS + heldUp);
  });

  it('the owner is killed: meanwhile the API of the other answers every request', () => {
    const [killed] = period('kill');
    const to = only(history, 'request').find(({ t }) => t < killed)?.to ?? '';
    const { asked, failed } = requestsTo(history, to, killed, killed + DEADLINE_MS);
    expect(to).toMatch(/^http/);
    expect(asked).toBeGreaterThan(20);
    // BUSY is an answer: the client asks again.
    expect(failed.filter((code) => !code.endsWith(' BUSY'))).toEqual([]);
    expect(killed).toBeLessThan(ASKED_DIRECTLY.untilMs + (only(history, 'player')[0]?.t ?? 0));
  });

  it('the owner is paused for 20 s: its epoch is over when it wakes, and no node listens to that any more', () => {
    const [paused, woken] = period('pause');
    // The pause ends by the schedule; on a busy machine it may begin late.
    expect(woken - paused).toBeGreaterThan(PAUSE_MS / 2);
    const before = ownerAt('lobby', paused);
    const [sleeper] = before?.split('/') ?? [];
    const after = ownerAt('lobby', woken);
    expect(sleeper).toMatch(/^balancer-a-/);
    expect(after).toMatch(/^balancer-b-/);
    const oldEpoch = leases('lobby').find(({ owner }) => owner === before)?.epoch ?? 0;
    const newEpoch = leases('lobby').find(({ t, owner }) => t > paused && owner === after)?.epoch ?? 0;
    expect(newEpoch).toBeGreaterThan(oldEpoch);
    // Nothing under the old epoch after its end: neither an order that is obeyed, nor a call to the fleet while the other owns.
    expect(only(history, 'obeyed').filter(({ t, epoch }) => t > woken && epoch === oldEpoch)).toEqual([]);
    const home = leases('lobby').find(({ t, owner }) => t > woken && owner === before)?.t ?? Number.POSITIVE_INFINITY;
    expect(only(history, 'fleet').filter(({ t, by }) => by === sleeper && t > woken && t < home)).toEqual([]);
    const all = only(history, 'stats').filter(({ nodeId }) => nodeId.startsWith('lobby-'));
    const starts = new Set(all.filter(({ t }) => t < woken).map(({ startId }) => startId));
    const told = all.filter(({ t, startId }) => t > woken && starts.has(startId));
    expect(told.length).toBeGreaterThan(0);
    for (const { epoch } of told) expect(epoch).toBeGreaterThanOrEqual(newEpoch);
  });

  it('balancers that do not hear each other, but Redis and the nodes: one owner each, and nobody takes over', () => {
    const [apart, together] = period('half-open balancers');
    expect(together - apart).toBeGreaterThan(10_000);
    const changes = only(history, 'lease').filter(({ t }) => t > apart && t < together);
    expect(changes).toEqual([]);
    expect(ownerAt('lobby', apart)).toMatch(/^balancer-a-/);
    expect(ownerAt('game', apart)).toMatch(/^balancer-b-/);
  });

  it('an owner whose writes come late has lost the cluster by then, and the registry refuses them', () => {
    const [late, healed] = period('delay');
    const isDuring = ({ t }: { t: number }) => t > late && t < healed + 10_000;
    const lost = leases('lobby').find((lease) => isDuring(lease) && lease.owner?.startsWith('balancer-b-'));
    const writes = only(history, 'written').filter((write) => isDuring(write) && write.cluster === 'lobby');
    const tooLate = writes.filter(
      ({ by, t, epoch }) => by.startsWith('balancer-a-') && epoch < (lost?.epoch ?? 0) && t > (lost?.t ?? t),
    );
    expect(ownerAt('lobby', healed)).toBe(lost?.owner);
    expect(tooLate.length).toBeGreaterThan(0);
    expect(tooLate.filter(({ taken }) => taken)).toEqual([]);
  });
});

it(
  'a random mix: the checker finds nothing',
  async () => {
    const { summary, left } = await chaos('--minutes', '1', '--seed', '1', '--players', '80', '--no-redis');
    expect(summary.violations).toEqual([]);
    expect(summary.players.finished).toBeGreaterThan(100);
    expect(left).toEqual([]);
  },
  LIMIT_MS,
);
