import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { configOf } from './fixtures';
import { type Faults, FleetModel, NO_FAULTS, seededRandom } from './model';

/** Everything short, so that a run of minutes holds many cooldowns. */
const config = configOf({
  minimum: 2,
  maximum: 10,
  bootMs: 6_000,
  bootLimitMs: 30_000,
  staleAfterMs: 5_000,
  average: { target: 0.6, outAbove: 0.75, inBelow: 0.45 },
  forecast: { windowMs: 24_000 },
  out: { cooldownMs: 15_000, stepNodes: 4, stepFraction: 1 },
  in: { cooldownMs: 40_000, stabiliseMs: 20_000, drainAtLeastMs: 5_000, stepNodes: 2, stepFraction: 0.25 },
  roll: { surgeFraction: 0.25, settleMs: 3_000, pauseMs: 20_000 },
});
const CAPACITY = 40;

const fault: fc.Arbitrary<Partial<Faults>> = fc.oneof(
  fc.record({ lostRequests: fc.constantFrom(0.3, 0.8) }),
  fc.constant({ fleetDown: true }),
  fc.constant({ registryDown: true }),
  fc.constant({ blind: true }),
  fc.constant({ stillborn: true }),
  fc.record({ skewMs: fc.integer({ min: -7_200_000, max: 7_200_000 }) }),
);

/** What happens to the fleet, as data: a failing example prints it. */
const index = fc.nat(20);
const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('demand' as const), players: fc.nat(CAPACITY * 9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), index }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hang' as const), index, forMs: fc.nat(25_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hang-all' as const), forMs: fc.nat(30_000) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('fault' as const), faults: fault }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'fault' as const, faults: {} }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'wipe' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('version' as const), version: fc.constantFrom('v1', 'v2', 'v3') }),
  },
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

function happen(model: FleetModel, event: Event): void {
  if (event.kind === 'demand') model.demand = event.players;
  else if (event.kind === 'crash') model.crash(model.node(event.index));
  else if (event.kind === 'hang') model.hang(model.node(event.index), event.forMs);
  else if (event.kind === 'hang-all') for (const node of model.all) model.hang(node, event.forMs);
  else if (event.kind === 'fault') model.faults = { ...NO_FAULTS, ...event.faults };
  else if (event.kind === 'version') model.wantedVersion = event.version;
  else if (event.kind === 'wipe') model.wipe();
  else model.restart();
}

const story = fc.record({
  seed: fc.integer(),
  nodes: fc.integer({ min: 2, max: 10 }),
  demand: fc.nat(CAPACITY * 7),
  events: fc.array(fc.record({ event, thenSteps: fc.integer({ min: 1, max: 25 }) }), { maxLength: 10 }),
});

function run({ seed, nodes, demand, events }: typeof story extends fc.Arbitrary<infer T> ? T : never): FleetModel {
  const model = new FleetModel({ config, nodes, capacity: CAPACITY, bootMs: 5_000, random: seededRandom(seed) });
  model.demand = demand;
  for (const { event, thenSteps } of events) {
    happen(model, event);
    for (let i = 0; i < thenSteps; i++) model.step();
  }
  return model;
}

describe('the autoscaler over random fleets, loads and failures', () => {
  it('cuts nobody off, keeps cooldowns and bounds, and takes nothing away that it does not see (S1, S4, S5, S8)', () => {
    fc.assert(
      fc.property(story, (it) => {
        expect(run(it).violations).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('comes to the right size once all is well, and stays there', () => {
    fc.assert(
      fc.property(story, (it) => {
        const model = run(it);
        model.faults = { ...NO_FAULTS, skewMs: model.faults.skewMs };
        model.demand = Math.min(model.demand, CAPACITY * 6);
        for (let i = 0; i < 500; i++) model.step();
        const settled = model.log.length;
        const size = model.open.length;
        for (let i = 0; i < 150; i++) model.step();

        expect(model.violations).toEqual([]);
        expect(model.log.slice(settled)).toEqual([]);
        expect(model.open.length).toBe(size);
        expect(model.all.length).toBe(size);
        expect(model.players).toBe(model.demand);
        expect(model.all.every(({ version }) => version === model.wantedVersion)).toBe(true);
        const average = model.demand / (size * CAPACITY);
        expect(average).toBeLessThanOrEqual(0.75);
        if (size > config.minimum + 1) expect(average).toBeGreaterThan(0.4);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a rolling replacement', () => {
  it('never has fewer nodes open than there were', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 9 }),
        fc.integer(),
        fc.double({ min: 0.45, max: 0.7, noNaN: true }),
        (nodes, seed, use) => {
          const model = new FleetModel({
            config,
            nodes,
            capacity: CAPACITY,
            bootMs: 5_000,
            random: seededRandom(seed),
          });
          model.demand = Math.floor(nodes * CAPACITY * use);
          for (let i = 0; i < 60; i++) model.step();
          const before = model.open.length;
          model.wantedVersion = 'v2';
          model.leastOpen = before;
          for (let i = 0; i < 600 && model.all.some(({ version }) => version !== 'v2'); i++) model.step();

          expect(model.leastOpen).toBe(before);
          expect(model.all.every(({ version }) => version === 'v2')).toBe(true);
          expect(model.violations).toEqual([]);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a constant, gently noisy load', () => {
  it('makes no change, for many cooldowns', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 3, max: 8 }), (seed, nodes) => {
        const random = seededRandom(seed);
        const model = new FleetModel({ config, nodes, capacity: CAPACITY, bootMs: 5_000, random });
        model.demand = nodes * CAPACITY * 0.6;
        for (let i = 0; i < 300; i++) model.step();
        const mean = model.open.length * CAPACITY * 0.6;
        model.demand = mean;
        for (let i = 0; i < 100; i++) model.step();
        const before = model.log.length;
        for (let i = 0; i < 1_000; i++) {
          model.demand = Math.round(mean * (0.97 + 0.06 * random()));
          model.step();
        }
        expect(model.log.slice(before)).toEqual([]);
      }),
      { numRuns: 10 },
    );
  });
});
