import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  adopt,
  type HealthState,
  type HealthStep,
  INITIAL_HEALTH,
  type PollOutcome,
  stepHealth,
  suspectNow,
} from '../../../runtime/core/health';

const config = { pollMs: 1_000, redAfterMs: 30_000 };
const answered = (startId = 's1'): PollOutcome => ({ kind: 'answered', startId });

/** Drives one cluster: time goes on by a second each tick unless told otherwise. */
class Cluster {
  nowMs = 1_000_000;
  /** When the polls of the last tick were sent. */
  sentAtMs = 0;
  state: HealthState = INITIAL_HEALTH;
  condemned = new Set<string>();

  /** `nodes`: who is listed, and whether it answers ('-' no, a start id yes, '?' no news). */
  tick(nodes: Readonly<Record<string, string>>, elapsedMs = 1_000): HealthStep {
    const sentAtMs = this.nowMs + 100;
    this.sentAtMs = sentAtMs;
    this.nowMs += elapsedMs;
    const polls = new Map<string, PollOutcome>();
    for (const [nodeId, says] of Object.entries(nodes)) {
      if (says === '-') polls.set(nodeId, { kind: 'missed', count: 1, sentAtMs });
      else if (says !== '?') polls.set(nodeId, answered(says));
    }
    const step = stepHealth(
      this.state,
      { listed: new Set(Object.keys(nodes)), condemned: this.condemned, polls },
      this.nowMs,
      config,
    );
    this.state = step.state;
    return step;
  }

  ticks(count: number, nodes: Readonly<Record<string, string>>): HealthStep[] {
    return Array.from({ length: count }, () => this.tick(nodes));
  }
}

const kinds = (steps: readonly HealthStep[]) =>
  steps.flatMap(({ actions }) => actions.map((action) => `${action.kind} ${action.nodeId}`));

describe('the health of one node', () => {
  it('boots until the first answer, however long that takes', () => {
    const cluster = new Cluster();
    const steps = cluster.ticks(100, { a: '-' });
    expect(steps.at(-1)?.nodes.get('a')).toBe('booting');
    expect(kinds(steps)).toEqual([]);
    expect(cluster.tick({ a: 's1' }).nodes.get('a')).toBe('green');
  });

  it('is suspect after one missed poll and green after the next answer', () => {
    const cluster = new Cluster();
    cluster.tick({ a: 's1' });
    expect(cluster.tick({ a: '-' }).nodes.get('a')).toBe('suspect');
    expect(cluster.state.nodes.get('a')?.silentMs).toBe(1_000);
    expect(cluster.tick({ a: 's1' }).nodes.get('a')).toBe('green');
    expect(cluster.state.nodes.get('a')?.silentMs).toBe(0);
  });

  it('turns red after 30 s of silence: evicted once, reported until the fleet was told', () => {
    const cluster = new Cluster();
    cluster.tick({ a: 's1' });
    expect(kinds(cluster.ticks(29, { a: '-' }))).toEqual([]);
    expect(cluster.tick({ a: '-' }).actions).toEqual([
      { kind: 'evict', nodeId: 'a', reason: 'silent' },
      { kind: 'report', nodeId: 'a' },
    ]);
    expect(kinds(cluster.ticks(2, { a: '-' }))).toEqual(['report a', 'report a']);
    expect(cluster.state.nodes.get('a')?.health).toBe('red');
  });

  it('does not come up any more when the fleet was told that it does not', () => {
    const cluster = new Cluster();
    cluster.ticks(3, { a: '-', b: '-' });
    cluster.condemned.add('a');
    expect([...cluster.tick({ a: 's1', b: 's1' }).nodes]).toEqual([
      ['a', 'red'],
      ['b', 'green'],
    ]);
  });

  it('comes back from red as long as the fleet does not know of it, and never afterwards', () => {
    const cluster = new Cluster();
    cluster.tick({ a: 's1' });
    cluster.ticks(31, { a: '-' });
    expect(cluster.tick({ a: 's1' }).nodes.get('a')).toBe('green');
    cluster.ticks(31, { a: '-' });
    cluster.condemned.add('a');
    expect(cluster.tick({ a: 's1' }).nodes.get('a')).toBe('red');
    expect(cluster.tick({ a: 's2' }).nodes.get('a')).toBe('red');
  });

  it('is evicted at once when the fleet no longer lists it', () => {
    const cluster = new Cluster();
    cluster.tick({ a: 's1', b: 's1', c: 's1' });
    const step = cluster.tick({ c: 's1' });
    expect(step.actions).toEqual([
      { kind: 'evict', nodeId: 'a', reason: 'gone' },
      { kind: 'evict', nodeId: 'b', reason: 'gone' },
    ]);
    expect([...step.nodes.keys()]).toEqual(['c']);
  });

  it('loses its sessions when its process has started anew, and is green at once', () => {
    const cluster = new Cluster();
    cluster.tick({ a: 's1' });
    const step = cluster.tick({ a: 's2' });
    expect(step.actions).toEqual([{ kind: 'evict', nodeId: 'a', reason: 'restarted' }]);
    expect(step.nodes.get('a')).toBe('green');
    expect(cluster.tick({ a: 's2' }).actions).toEqual([]);
  });

  it('keeps its state while there is no news of it', () => {
    const cluster = new Cluster();
    cluster.tick({ a: 's1', b: 's1', c: 's1' });
    cluster.tick({ a: 's1', b: 's1', c: '-' });
    const steps = cluster.ticks(100, { a: '?', b: '?', c: '?' });
    expect([...(steps.at(-1)?.nodes ?? [])]).toEqual([
      ['a', 'green'],
      ['b', 'green'],
      ['c', 'suspect'],
    ]);
    expect(kinds(steps)).toEqual([]);
  });

  it('says why', () => {
    const cluster = new Cluster();
    expect(cluster.tick({ a: 's1', b: 's1', c: 's1' }).reason).toBe('all 3 nodes answer or boot');
    expect(cluster.tick({ a: 's1', b: 's1', c: '-' }).reason).toBe('1 of 3 nodes silent: c');
    expect(cluster.tick({ a: 's1', b: '-', c: '-' }).reason).toMatch(/^2 of 3 nodes silent: probably our own fault/);
  });
});

describe('mass failure (S8)', () => {
  it('holds more than half, and counts anew when new nodes have ended it', () => {
    const cluster = new Cluster();
    cluster.tick({ a: 's1', b: 's1', c: 's1' });
    const dark = cluster.ticks(100, { a: '-', b: '-', c: 's1' });
    expect(kinds(dark)).toEqual([]);
    expect(dark.at(-1)?.nodes.get('a')).toBe('held');
    expect(dark.at(-1)?.massFailure).toBe(true);
    const relieved = { a: '-', b: '-', c: 's1', d: 's1' };
    expect(cluster.tick(relieved).massFailure).toBe(false);
    expect(kinds(cluster.ticks(28, relieved))).toEqual([]);
    expect(kinds(cluster.ticks(1, relieved))).toEqual(['evict a', 'report a', 'evict b', 'report b']);
  });

  it('is no mass failure when exactly half, or the only node, is silent', () => {
    const cluster = new Cluster();
    cluster.tick({ a: 's1', b: 's1', c: 's1', d: 's1' });
    expect(cluster.tick({ a: '-', b: '-', c: 's1', d: 's1' }).massFailure).toBe(false);
    const single = new Cluster();
    single.tick({ a: 's1' });
    expect(single.tick({ a: '-' }).nodes.get('a')).toBe('suspect');
    const pair = new Cluster();
    pair.tick({ a: 's1', b: 's1' });
    expect(pair.tick({ a: '-', b: 's1' }).massFailure).toBe(false);
    expect(pair.tick({ a: '-', b: '-' }).massFailure).toBe(true);
  });

  it('does not count nodes that boot', () => {
    const cluster = new Cluster();
    cluster.tick({ a: 's1', b: 's1' });
    expect(cluster.tick({ a: '-', b: '-', c: '-', d: '-', e: '-' }).massFailure).toBe(true);
  });

  it('evicts those that the fleet reports gone, also then', () => {
    const cluster = new Cluster();
    cluster.tick({ a: 's1', b: 's1', c: 's1' });
    cluster.ticks(5, { a: '-', b: '-', c: '-' });
    expect(cluster.tick({ b: '-', c: '-' }).actions).toEqual([{ kind: 'evict', nodeId: 'a', reason: 'gone' }]);
  });
});

describe('a pause of our own', () => {
  it('accuses nobody on waking, nor in the second after', () => {
    const cluster = new Cluster();
    cluster.tick({ a: 's1', b: 's1', c: 's1' });
    const woken = cluster.tick({ a: '-', b: '-', c: '-' }, 60_000);
    expect([...woken.nodes.values()]).toEqual(['green', 'green', 'green']);
    const lost = suspectNow(cluster.state, new Map([['a', cluster.nowMs + 5]]), cluster.nowMs + 10, config);
    expect(lost).toBe(cluster.state);
    expect([...cluster.tick({ a: '-', b: 's1', c: 's1' }).nodes.values()]).toEqual(['green', 'green', 'green']);
    cluster.tick({ a: 's1', b: 's1', c: 's1' });
    expect(cluster.tick({ a: '-', b: 's1', c: 's1' }).nodes.get('a')).toBe('suspect');
  });

  it('is not believed when it repeats: a machine that is slow for good still finds the dead', () => {
    const cluster = new Cluster();
    cluster.tick({ a: 's1', b: 's1', c: 's1' });
    const slow = Array.from({ length: 40 }, () => cluster.tick({ a: '-', b: 's1', c: 's1' }, 3_000));
    expect(kinds(slow).slice(0, 2)).toEqual(['evict a', 'report a']);
  });

  it('counts at most two polls a tick', () => {
    const cluster = new Cluster();
    cluster.tick({ a: 's1' });
    const polls = new Map<string, PollOutcome>([['a', { kind: 'missed', count: 50, sentAtMs: cluster.nowMs + 1 }]]);
    const sample = { listed: new Set(['a']), condemned: new Set<string>(), polls };
    const step = stepHealth(cluster.state, sample, cluster.nowMs + 1_000, config);
    expect(step.state.nodes.get('a')?.silentMs).toBe(2_000);
  });
});

describe('between two ticks', () => {
  it('suspects at once, holds at once in a mass failure, and leaves the counting to the tick', () => {
    const cluster = new Cluster();
    cluster.tick({ a: 's1', b: 's1', c: 's1' });
    const now = cluster.nowMs + 300;
    const one = suspectNow(cluster.state, new Map([['a', now - 100]]), now, config);
    expect(one.nodes.get('a')).toMatchObject({ health: 'suspect', silentMs: 0 });
    const two = suspectNow(one, new Map([['b', now - 100]]), now, config);
    expect(two.massFailure).toBe(true);
    expect([...two.nodes.values()].map(({ health }) => health)).toEqual(['held', 'held', 'green']);
    expect(suspectNow(two, new Map([['a', now]]), now, config)).toBe(two);
    expect(suspectNow(two, new Map([['unknown', now]]), now, config)).toBe(two);
  });

  it('a node that the registry knew is silent, not booting, and turns red like any other', () => {
    const cluster = new Cluster();
    cluster.tick({ a: '-', b: 's1', c: 's1' });
    cluster.state = adopt(cluster.state, 'a', 's0');
    expect(cluster.tick({ a: '?', b: 's1', c: 's1' }).nodes.get('a')).toBe('suspect');
    expect(kinds(cluster.ticks(30, { a: '-', b: 's1', c: 's1' }))).toEqual(['evict a', 'report a']);
    expect(adopt(cluster.state, 'b', 's0')).toBe(cluster.state);
  });
});

/** One tick of a random history: how each of up to six nodes behaves, and whether we were paused before it. */
const tickArbitrary = fc.record({
  says: fc.array(fc.constantFrom('-', '-', '-', 's1', 's1', '?', 's2', 'absent'), { minLength: 6, maxLength: 6 }),
  elapsedMs: fc.constantFrom(1_000, 1_000, 1_000, 900, 1_100, 2_500, 60_000),
  repeats: fc.constantFrom(1, 1, 2, 15, 40),
  condemn: fc.boolean(),
});
const history = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.array(tickArbitrary, { minLength: 1, maxLength: 25 }));

/** Runs a random history and hands each step, with what was before it, to `check`. */
function replay(
  [size, ticks]: typeof history extends fc.Arbitrary<infer T> ? T : never,
  check: (step: HealthStep, before: HealthState, nodes: Readonly<Record<string, string>>, cluster: Cluster) => void,
): void {
  const cluster = new Cluster();
  for (const { says, elapsedMs, repeats, condemn } of ticks) {
    const entries = says.slice(0, size).map((word, index): [string, string] => [`n${index}`, word]);
    const nodes = Object.fromEntries(entries.filter(([, word]) => word !== 'absent'));
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const before = cluster.state;
      const step = cluster.tick(nodes, elapsedMs);
      check(step, before, nodes, cluster);
      for (const action of step.actions) {
        if (action.kind === 'report' && condemn) cluster.condemned.add(action.nodeId);
      }
    }
  }
}

describe('for any history', () => {
  it('S8: nobody is evicted for silence, or reported, while most are silent', () => {
    fc.assert(
      fc.property(history, (random) => {
        replay(random, (step) => {
          const known = [...step.state.nodes.values()].filter(({ health }) => health !== 'booting');
          const silent = known.filter((node) => node.silent).length;
          const mass = silent >= 2 && silent * 2 > known.length;
          expect(step.massFailure).toBe(mass);
          if (!mass) return;
          const forSilence = step.actions.filter((action) => action.kind === 'report' || action.reason === 'silent');
          expect(forSilence).toEqual([]);
        });
      }),
    );
  });

  it('S7: green means that the last news was an answer; whoever missed a trusted poll is not green', () => {
    fc.assert(
      fc.property(history, (random) => {
        replay(random, (step, before, nodes, cluster) => {
          for (const [nodeId, health] of step.nodes) {
            const said = nodes[nodeId];
            if (health === 'green') expect(step.state.nodes.get(nodeId)?.silent).toBe(false);
            if (said === 's1' || said === 's2') {
              const was = before.nodes.get(nodeId)?.health ?? 'booting';
              const isOver = cluster.condemned.has(nodeId) && (was === 'red' || was === 'booting');
              expect(health).toBe(isOver ? 'red' : 'green');
            }
            if (said === '-' && cluster.sentAtMs >= step.state.trustFromMs) expect(health).not.toBe('green');
          }
        });
      }),
    );
  });

  it('red takes at least redAfter of missed polls in a row', () => {
    fc.assert(
      fc.property(history, (random) => {
        const missedInRow = new Map<string, number>();
        replay(random, (step, _before, nodes) => {
          for (const [nodeId, said] of Object.entries(nodes)) {
            if (said === '-') missedInRow.set(nodeId, (missedInRow.get(nodeId) ?? 0) + 1);
            else if (said !== '?') missedInRow.set(nodeId, 0);
          }
          for (const action of step.actions) {
            if (action.kind !== 'evict' || action.reason !== 'silent') continue;
            expect(missedInRow.get(action.nodeId)).toBeGreaterThanOrEqual(30);
          }
          for (const nodeId of [...missedInRow.keys()]) if (!(nodeId in nodes)) missedInRow.delete(nodeId);
        });
      }),
    );
  });

  it('whoever answers steadily is green in the end; whoever does not, while most do, is evicted in the end', () => {
    fc.assert(
      fc.property(history, (random) => {
        const cluster = new Cluster();
        replay(random, (_step, _before, _nodes, replayed) => {
          cluster.state = replayed.state;
          cluster.nowMs = replayed.nowMs;
        });
        cluster.tick({ dead: 's1', x: 's1', y: 's1' });
        cluster.ticks(3, { dead: 's1', x: 's1', y: 's1' });
        const steps = cluster.ticks(32, { dead: '-', x: 's1', y: 's1' });
        expect(kinds(steps).filter((kind) => kind.startsWith('evict'))).toEqual(['evict dead']);
        expect(steps.at(-1)?.nodes.get('x')).toBe('green');
      }),
    );
  });
});
