import { describe, expect, it } from '@jest/globals';
import { concat, defer, finalize, from, ignoreElements, NEVER, timer } from 'rxjs';
import { ScalingConfig } from '../../../runtime/core/config/scaling';
import { NO_ORDERS } from '../../../runtime/core/orders/standing';
import { failing, SECOND, World } from './world';

const MINUTE = 60;
const HOUR = 3_600;
const config = ScalingConfig.parse({
  maximum: 20,
  average: { target: 0.6, outAbove: 0.75, inBelow: 0.45 },
  out: { stepFraction: 1 },
  in: { cooldownMs: 3_600_000, stepFraction: 0.25 },
});

/** Every cooldown of the past is over. */
function settled(nodes: number, players: number): World {
  const world = new World(nodes);
  world.stored.outAtMs = -HOUR * SECOND;
  world.stored.inAtMs = -HOUR * SECOND;
  world.spread(players);
  return world;
}

/** Players on draining nodes leave one a second. */
function leaveSlowly(world: World): void {
  for (const node of world.nodes.values()) {
    if (node.phase === 'draining') node.sessions = Math.max(0, node.sessions - 1);
  }
}

describe('the autoscaler', () => {
  it('follows hours of load up and down, and ends only what is sealed and empty', () => {
    const world = settled(4, 0);
    const sizes: number[] = [];
    world.everySecond = () => {
      const hours = world.scheduler.now() / SECOND / HOUR;
      world.spread(Math.round(600 - 400 * Math.cos((hours / 5) * 2 * Math.PI)));
      leaveSlowly(world);
      sizes.push(world.open().length);
    };
    world.start(config);
    world.run(5 * HOUR);

    expect(Math.max(...sizes)).toBeGreaterThanOrEqual(14);
    expect(sizes.at(-1)).toBeLessThan(Math.max(...sizes));
    expect(new Set(world.kinds())).toEqual(
      new Set(['scaling-grow', 'scaling-drain', 'scaling-seal', 'scaling-terminate', 'scaling-unchanged']),
    );
    expect(world.calls.length).toBeLessThan(100);
  });

  it('decides nothing before it knows what operators want', () => {
    const world = settled(4, 400);
    let known = false;
    world.ports.operators = { of: () => (known ? NO_ORDERS : null), sizeOver: () => undefined };
    world.start(config);
    world.run(MINUTE);
    expect([world.calls, world.kinds()]).toEqual([[], []]);
    known = true;
    world.run(MINUTE);
    expect(world.kinds()).toContain('scaling-grow');
  });

  it('performs one action at a time, and decides nothing meanwhile', () => {
    const world = settled(10, 100);
    const { order } = world.ports.orders;
    let under = 0;
    let most = 0;
    world.ports.orders = {
      order: (...args) =>
        defer(() => {
          under += 1;
          most = Math.max(most, under);
          const slow = timer(2_500, world.scheduler).pipe(ignoreElements());
          return concat(slow, from(order(...args))).pipe(
            finalize(() => {
              under -= 1;
            }),
          );
        }),
    };
    world.start(config);
    world.run(7 * MINUTE);
    expect(world.calls.filter((call) => call.startsWith('drain'))).toEqual(['drain n0', 'drain n1']);
    expect(most).toBe(1);
  });

  it('takes a node out of the joins before it tells it to drain', () => {
    const world = settled(10, 100);
    world.start(config);
    world.run(5 * MINUTE + 10);
    expect(world.calls).toEqual(['suspend n0', 'drain n0', 'suspend n1', 'drain n1']);
  });

  it('says why it does nothing once, until the reason changes', () => {
    const world = settled(4, 240);
    world.start(config);
    world.run(HOUR);
    world.massFailure = true;
    world.spread(20);
    world.run(HOUR);
    expect(world.events).toMatchObject([
      { kind: 'scaling-unchanged', cluster: 'game', details: { rule: 'average', code: 'steady' } },
      { kind: 'scaling-unchanged', cluster: 'game', details: { rule: 'average', code: 'mass-failure' } },
    ]);
    expect(world.events[1]?.reason).toContain('most nodes are silent');
  });

  it('notices when the snapshots stay away', () => {
    const world = settled(4, 400);
    world.silent = true;
    world.start(config);
    world.run(MINUTE);
    expect(world.events).toMatchObject([{ details: { rule: 'sample', code: 'missing' } }]);
    expect(world.calls).toEqual([]);
  });

  it('hears of refused joins', () => {
    const world = settled(4, 240);
    world.stored.outAtMs = 0;
    world.start(config);
    world.run(5);
    world.refused = 1;
    world.run(2);
    expect(world.calls).toEqual(['grow 5']);
    expect(world.events).toContainEqual(
      expect.objectContaining({
        kind: 'scaling-grow',
        details: expect.objectContaining({ rule: 'emergency', size: 5 }),
      }),
    );
  });

  it('stops', () => {
    const world = settled(4, 400);
    world.start(config).stop();
    world.run(MINUTE);
    expect(world.calls).toEqual([]);
  });
});

describe('when something fails', () => {
  it('asks the fleet again, with backoff, and tells of the failure once', () => {
    const world = settled(4, 400);
    const { fleet } = world.ports;
    let asked = 0;
    const grow = () => {
      asked += 1;
      return failing('throttled')();
    };
    world.ports.fleet = { ...fleet, grow };
    world.start(config);
    world.run(10 * MINUTE);
    expect(asked).toBeGreaterThan(8);
    expect(asked).toBeLessThan(20);
    expect(world.events.filter(({ kind }) => kind === 'scaling-failed')).toMatchObject([
      { reason: expect.stringContaining('grow failed: throttled'), details: { rule: 'average' } },
    ]);

    Object.assign(world.ports.fleet, { grow: fleet.grow });
    world.run(2 * MINUTE);
    expect(world.desired).toBe(7);
  });

  it('does nothing that it cannot remember (S5), and goes on when it can again', () => {
    const world = settled(4, 400);
    const { save } = world.ports.store;
    Object.assign(world.ports.store, { save: failing('Redis is down') });
    world.start(config);
    world.run(MINUTE);
    expect(world.calls).toEqual([]);
    expect(world.events).toMatchObject([{ kind: 'scaling-failed', reason: expect.stringContaining('Redis is down') }]);

    Object.assign(world.ports.store, { save });
    world.run(2);
    expect(world.calls).toEqual(['grow 7']);
  });

  it('reads back what it may have remembered when only the answer was lost', () => {
    const world = settled(4, 400);
    const { save } = world.ports.store;
    Object.assign(world.ports.store, {
      save: (...args: Parameters<typeof save>) => {
        Object.assign(world.ports.store, { save });
        return concat(from(save(...args)), failing('no answer in time')());
      },
    });
    world.start(config);
    world.run(5);
    expect(world.calls).toEqual([]);
    world.run(10);
    expect(world.calls).toEqual(['grow 7']);
  });

  it('shrinks on nothing while the fleet or the registry does not answer', () => {
    for (const port of ['fleet', 'store'] as const) {
      const world = settled(10, 100);
      world.start(config);
      world.run(MINUTE);
      Object.assign(world.ports[port], port === 'fleet' ? { group: failing('no') } : { load: failing('no') });
      world.run(HOUR);
      expect(world.calls).toEqual([]);
    }
  });

  it('is not held up by a port that never answers', () => {
    const world = settled(10, 100);
    const { order } = world.ports.orders;
    world.ports.orders = { order: (...args) => (args[1] === 'n0' ? NEVER : order(...args)) };
    world.start(config);
    world.run(6 * MINUTE);
    expect(world.calls).toContain('drain n1');
    expect(world.kinds()).toContain('scaling-failed');
  });

  it('survives ports that throw', () => {
    const world = settled(4, 400);
    const { epoch } = world.ports.ownership;
    Object.assign(world.ports.ownership, {
      epoch: () => {
        throw new Error('bug');
      },
    });
    world.start(config);
    world.run(5);
    Object.assign(world.ports.ownership, { epoch });
    world.run(5);
    expect(world.calls).toEqual(['grow 7']);
  });
});

describe('ownership and restarts', () => {
  it('does nothing for a cluster that it does not own', () => {
    const world = settled(4, 400);
    world.epoch = null;
    world.start(config);
    world.run(MINUTE);
    expect(world.calls).toEqual([]);
    expect(world.events).toEqual([]);
  });

  it('does not perform what it decided under an epoch that is over', () => {
    const world = settled(4, 400);
    const { save } = world.ports.store;
    Object.assign(world.ports.store, {
      save: (...args: Parameters<typeof save>) => {
        world.epoch = 2;
        return save(...args);
      },
    });
    world.start(config);
    world.run(1);
    expect(world.calls).toEqual([]);
    // Nothing has failed: it is another's to do.
    expect(world.kinds()).not.toContain('scaling-failed');
  });

  it('goes on in the middle of a cooldown (S5)', () => {
    const world = settled(4, 400);
    const first = world.start(config);
    world.run(2);
    expect(world.calls).toEqual(['grow 7']);
    first.stop();
    world.everySecond = () => world.spread(1_000);
    world.start({ ...config, emergency: null });
    world.run(175);
    expect(world.calls).toEqual(['grow 7']);
    world.run(10);
    expect(world.calls).toEqual(['grow 7', 'grow 17']);
  });

  it('takes a lost stamp for "just scaled" (S5)', () => {
    const world = settled(4, 400);
    world.stored.outAtMs = null;
    world.start(config);
    world.run(179);
    expect(world.calls).toEqual([]);
    world.run(10);
    expect(world.calls).toEqual(['grow 7']);
  });

  it('goes on in the middle of a drain', () => {
    const world = settled(10, 100);
    const first = world.start(config);
    world.run(5 * MINUTE + 10);
    expect(world.calls).toContain('drain n1');
    first.stop();
    world.everySecond = () => leaveSlowly(world);
    world.start(config);
    world.run(MINUTE);
    expect(world.calls.slice(4)).toEqual(
      expect.arrayContaining(['seal n0', 'seal n1', 'terminate n0', 'terminate n1']),
    );
    expect(world.desired).toBe(8);
  });
});
