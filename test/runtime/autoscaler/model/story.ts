import fc from 'fast-check';
import { ScalingConfig } from '../../../../runtime/core/config/scaling';
import { seededRandom } from '../../../../runtime/core/random';
import { type Faults, NO_FAULTS } from './faults';
import { SEAT_STEPS } from './machine';
import { STEP_MS } from './watch';
import { World } from './world';

/** Everything short, so that a run of a minute holds several cooldowns. Two steps more than a seat is what `balancer/scaling/scaling.ts` asks for. */
export const config = ScalingConfig.parse({
  minimum: 2,
  maximum: 8,
  bootMs: 3_000,
  bootLimitMs: 12_000,
  staleAfterMs: 3_000,
  average: { target: 0.6, outAbove: 0.75, inBelow: 0.45 },
  forecast: { windowMs: 48_000 },
  out: { cooldownMs: 6_000, stepNodes: 3, stepFraction: 1 },
  in: { cooldownMs: 10_000, stabiliseMs: 6_000, drainAtLeastMs: (SEAT_STEPS + 2) * STEP_MS, stepNodes: 2 },
  roll: { surgeFraction: 0.25, settleMs: 2_000, pauseMs: 6_000 },
});
export const CAPACITY = 20;
const BOOT_MS = 2_000;

const share = fc.constantFrom(0.2, 0.6);
const faults: fc.Arbitrary<Partial<Faults>> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.record({ lostRequests: share }) },
  { weight: 1, arbitrary: fc.record({ lostAnswers: share }) },
  { weight: 1, arbitrary: fc.record({ lateCalls: share }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ fleetDown: true }, { registryDown: true }, { blind: true }, { stillborn: true }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      lostRequests: share,
      lostAnswers: share,
      lateCalls: share,
      fleetDown: fc.boolean(),
      registryDown: fc.boolean(),
      stillborn: fc.boolean(),
    }),
  },
);

/** What happens to the fleet, as data: a failing example prints it. */
const which = fc.nat(9);
const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('demand' as const), players: fc.nat(CAPACITY * 7) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), which }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('hang' as const), which, forMs: fc.nat(20_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hang-all' as const), forMs: fc.nat(20_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hang-most' as const), which, forMs: fc.nat(20_000) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('faults' as const), faults }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('clock' as const),
      skewMs: fc.integer({ min: -7_200_000, max: 7_200_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('fail-over' as const, 'wipe' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('version' as const), version: fc.constantFrom('v1', 'v2', 'v3') }),
  },
);

/** What operators order. */
const order = fc.record({
  kind: fc.constantFrom('pause' as const, 'resume' as const, 'drain' as const, 'undrain' as const, 'roll' as const),
  which,
});
const size = fc.record({ kind: fc.constant('size' as const), size: fc.integer({ min: 2, max: 8 }) });

/**
 * How often each property is tried. The stories are the same each time, so that it is the change that is to blame when one fails;
 * PROPERTY_SEED (an integer) tells others.
 */
export const RUNS = { numRuns: 1_000, seed: Number(process.env.PROPERTY_SEED ?? 1) };

/** Time limit of one property, in milliseconds: some seconds are usual, but machines may be busy. */
export const LIMIT_MS = 180_000;

function storyOf<E>(event: fc.Arbitrary<E>) {
  return fc.record({
    seed: fc.integer(),
    nodes: fc.integer({ min: 2, max: 8 }),
    demand: fc.nat(CAPACITY * 6),
    events: fc.array(fc.record({ event, thenSteps: fc.integer({ min: 1, max: 20 }) }), { maxLength: 10 }),
  });
}

/** A fleet, a load, and what happens to them. */
export const story = storyOf(event);
/** The same, with operators who order this and that meanwhile. */
export const orderedStory = storyOf(
  fc.oneof({ weight: 3, arbitrary: event }, { weight: 2, arbitrary: order }, { weight: 1, arbitrary: size }),
);

type Story = typeof orderedStory extends fc.Arbitrary<infer T> ? T : never;
type Event = Story['events'][number]['event'];

export function newWorld(nodes: number, seed: number): World {
  return new World({ config, nodes, capacity: CAPACITY, bootMs: BOOT_MS, random: seededRandom(seed) });
}

export function tell({ seed, nodes, demand, events }: Story): World {
  const world = newWorld(nodes, seed);
  world.players.demand = demand;
  for (const { event, thenSteps } of events) {
    happen(world, event);
    world.run(thenSteps);
  }
  return world;
}

function happen(world: World, event: Event): void {
  if (event.kind === 'demand') world.players.demand = event.players;
  else if (event.kind === 'crash') world.machine(event.which)?.crash();
  else if (event.kind === 'hang') world.machine(event.which)?.hang(world.nowMs + event.forMs);
  else if (event.kind === 'hang-all') hangAll(world, event.forMs);
  else if (event.kind === 'hang-most') {
    hangAll(world, event.forMs);
    world.machine(event.which)?.hang(0);
  } else if (event.kind === 'faults') world.calls.faults = { ...NO_FAULTS, ...event.faults };
  else if (event.kind === 'clock') world.skewMs = event.skewMs;
  else if (event.kind === 'version') world.fleet.wantedVersion = event.version;
  else if (event.kind === 'wipe') world.wipe();
  else if (event.kind === 'fail-over') world.failOver();
  else if (event.kind === 'size') world.orders = { ...world.orders, size: { ...word(world), size: event.size } };
  else if ('which' in event) ordered(world, event);
}

function word(world: World) {
  return { by: 'ann', why: 'a try', atMs: world.nowMs + world.skewMs };
}

function ordered(world: World, event: typeof order extends fc.Arbitrary<infer T> ? T : never): void {
  const { orders } = world;
  if (event.kind === 'pause') world.orders = { ...orders, paused: word(world) };
  else if (event.kind === 'resume') world.orders = { ...orders, paused: null };
  else if (event.kind === 'roll') {
    world.orders = { ...orders, roll: { ...word(world), nodes: world.machines.map(({ nodeId }) => nodeId) } };
  } else {
    const nodeId = world.machine(event.which)?.nodeId;
    if (nodeId !== undefined)
      world.orders = { ...orders, nodes: { ...orders.nodes, [nodeId]: { ...word(world), order: event.kind } } };
  }
}

function hangAll(world: World, forMs: number): void {
  for (const machine of world.machines) machine.hang(world.nowMs + forMs);
}
