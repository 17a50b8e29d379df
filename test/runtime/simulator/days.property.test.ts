import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ScalingConfig } from '../../../runtime/core/config/scaling';
import { Ours } from '../../../runtime/simulator/policies/ours';
import type { Note, Policy } from '../../../runtime/simulator/policies/policy';
import { Random } from '../../../runtime/simulator/random';
import { run } from '../../../runtime/simulator/run';
import { drawDemand } from '../../../runtime/simulator/trace/demand';
import type { Cluster } from '../../../runtime/simulator/world/cluster';
import { DEFAULT_PHYSICS, type Faults } from '../../../runtime/simulator/world/physics';

/** The days are the same each time; DAYS_SEED (an integer) draws others, and DAYS more of them: .ci/run plays a thousand. */
const RUNS = { numRuns: Number(process.env.DAYS ?? 20), seed: Number(process.env.DAYS_SEED ?? 1) };
const MINUTES = 12;
const CAPACITY = 10;

const minute = fc.integer({ min: 0, max: MINUTES * 60_000 });
const span = fc.record({
  kind: fc.constantFrom('no-capacity' as const, 'slow-boots' as const, 'throttled' as const),
  fromMs: minute,
  toMs: minute,
});
const faults: fc.Arbitrary<Faults> = fc.record({
  crashesPerNodeDay: fc.constantFrom(0, 20, 200),
  interruptionsPerNodeDay: fc.constantFrom(0, 20),
  stillborn: fc.constantFrom(0, 0.3),
  spans: fc.array(span, { maxLength: 2 }),
});
/** A short day: twelve minutes with everything that a day has, at most twenty nodes. */
const day = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  levels: fc.array(fc.nat(180), { minLength: 2, maxLength: 8 }),
  stayMs: fc.integer({ min: 10_000, max: 900_000 }),
  faults,
});

const config = ScalingConfig.parse({
  preset: 'lean',
  capacity: CAPACITY,
  maximum: 20,
  bootMs: 20_000,
  bootLimitMs: 90_000,
  out: { cooldownMs: 30_000 },
  in: { cooldownMs: 30_000, stabiliseMs: 30_000 },
});

/** Looks at every second from outside, and writes down what must not be. */
class Watched implements Policy {
  readonly refuse = true;
  readonly violations: string[] = [];
  readonly #inner = new Ours({ config, refuse: true, forcedAfterMs: null });
  #lastDrainMs = Number.NEGATIVE_INFINITY;

  first(players: number): number {
    return this.#inner.first(players);
  }

  step(cluster: Cluster, note: Note): void {
    const { nowMs, massFailure } = cluster;
    const before = new Map([...cluster.nodes].map((node) => [node.nodeId, { ...node }]));
    const wasOpen = new Set([...cluster.nodes].filter(({ phase }) => phase === 'open').map(({ nodeId }) => nodeId));
    this.#inner.step(cluster, note);
    for (const { nodeId, phase, sessions, leaving } of cluster.nodes) {
      if (phase === 'sealed' && sessions > 0) this.violations.push(`S1: ${nodeId} is sealed with ${sessions} players`);
      if (phase !== 'draining' || !wasOpen.has(nodeId) || leaving) continue;
      const since = nowMs - this.#lastDrainMs;
      if (since > 0 && since < config.in.cooldownMs) this.violations.push(`S5: ${nodeId} drains after ${since} ms`);
      this.#lastDrainMs = nowMs;
    }
    const kept = new Set([...cluster.nodes].map(({ nodeId }) => nodeId));
    for (const [nodeId, was] of before) {
      if (kept.has(nodeId)) continue;
      if (was.health === 'green' && was.sessions > 0) this.violations.push(`S1: ${nodeId} ended with ${was.sessions}`);
      if (massFailure) this.violations.push(`S8: ${nodeId} ended in a mass failure`);
    }
    if (cluster.desired > 26) this.violations.push(`${cluster.desired} instances are wanted, 20 and a surge may be`);
  }
}

describe('random days of small fleets, with faults', () => {
  it('nobody is cut off, cooldowns hold, and the bounds do', () => {
    fc.assert(
      fc.property(day, ({ seed, levels, stayMs, faults }) => {
        const everyMs = (MINUTES * 60_000) / levels.length;
        const rows = levels.map((count, i) => ({ atMs: i * everyMs, count, stayMs: null }));
        const trace = { name: 'random', kind: 'concurrent' as const, startMs: 0, rows };
        const demand = drawDemand(trace, { random: new Random(seed), shape: 'exponential', stayMs });
        const physics = { ...DEFAULT_PHYSICS, capacity: CAPACITY, bootMs: 20_000, faults };
        const policy = new Watched();
        const play = (policy: Policy) => run({ demand, physics, policy, seed, pricePerHour: 1 });
        const { measures } = play(policy);
        expect(policy.violations).toEqual([]);
        expect(measures.cutOff).toBe(0);
      }),
      RUNS,
    );
  }, 300_000);
});
