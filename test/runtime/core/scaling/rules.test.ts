import { describe, expect, it } from '@jest/globals';
import { decide } from '../../../../runtime/core/scaling/decide';
import { initialState } from '../../../../runtime/core/scaling/state';
import { configOf, decideAt, kinds, NOON, node, nodes, sampleOf, steadyState } from './fixtures';

const SECOND = 1_000;

describe('minimum', () => {
  it('starts what is missing, cooldown or not', () => {
    const sample = sampleOf(nodes(1, 10), { cooldowns: { outAgoMs: 5, inAgoMs: 5 } });
    const decision = decideAt(sample, configOf({ minimum: 3 }));
    expect(kinds(decision.actions)).toEqual(['grow 3']);
    expect(decision.reason).toMatchObject({ rule: 'minimum', code: 'grow' });
    expect(decision.reason.text).toContain('the minimum is 3');
    expect(decision.stamps).toEqual(['out']);
  });

  it('counts what boots, and what the fleet replaces by itself', () => {
    const booting = node('b', { health: 'booting', version: null, launchedAtMs: NOON - 30 * SECOND });
    const config = configOf({ minimum: 4 });
    expect(
      decideAt(sampleOf([...nodes(2, 10), booting], { group: { desired: 4, wantedVersion: 'v1' } }), config).actions,
    ).toEqual([]);
  });

  it('is not fooled by a dead node: the fleet replaces it, we do not start another', () => {
    const dead = node('dead', { health: 'red', silentMs: 40 * SECOND });
    const sample = sampleOf([...nodes(1, 10), dead]);
    expect(decideAt(sample, configOf({ minimum: 2 })).actions).toEqual([]);
  });
});

describe('average, proportional', () => {
  const config = configOf({ average: { target: 0.6, outAbove: 0.7, inBelow: 0.4 }, maximum: 20 });

  it('grows to the target above the upper threshold', () => {
    const decision = decideAt(sampleOf(nodes(4, 71)), config);
    expect(kinds(decision.actions)).toEqual(['grow 5']);
    expect(decision.reason.text).toContain('average load 0.71 of 4 nodes');
  });

  it.each([70, 55, 41])('does nothing between the thresholds (%i of 100)', (sessions) => {
    const decision = decideAt(sampleOf(nodes(4, sessions)), config);
    expect(decision.actions).toEqual([]);
    expect(decision.reason.code).toBe('steady');
  });

  it('shrinks towards the target below the lower threshold, by a step', () => {
    const decision = decideAt(sampleOf(nodes(8, 30)), config);
    expect(kinds(decision.actions)).toEqual(['drain n0', 'drain n1']);
    expect(decision.stamps).toEqual(['in']);
  });

  it('never goes under the minimum or over the maximum', () => {
    expect(decideAt(sampleOf(nodes(2, 0)), config).actions).toEqual([]);
    expect(kinds(decideAt(sampleOf(nodes(18, 100)), config).actions)).toEqual(['grow 20']);
    const full = decideAt(sampleOf(nodes(20, 100)), config);
    expect([full.actions, full.reason.code]).toEqual([[], 'at-maximum']);
    expect(full.reason.text).toMatch(/^unchanged at 20 nodes, which is the maximum; 34 are wanted: average load 1 /);
    expect(decideAt(sampleOf(nodes(20, 50)), config).reason.code).toBe('steady');
  });

  it('bounds a step out', () => {
    const stepwise = configOf({ average: config.average, out: { stepNodes: 2, stepFraction: 0.1 } });
    expect(kinds(decideAt(sampleOf(nodes(5, 100)), stepwise).actions)).toEqual(['grow 7']);
  });

  it('counts what was ordered and is not listed yet', () => {
    const sample = sampleOf(nodes(4, 120), { group: { desired: 6, wantedVersion: 'v1' } });
    expect(kinds(decideAt(sample, config).actions)).toEqual(['grow 8']);
  });

  it('counts nodes of unlike capacity by what they hold', () => {
    const mixed = [
      node('big', { capacity: 1_000, sessions: 500 }),
      node('small', { sessions: 10 }),
      node('tiny', { sessions: 10 }),
    ];
    expect(decideAt(sampleOf(mixed), config).actions).toEqual([]);
  });

  it('works on any metric, in absolute numbers', () => {
    const cpu = configOf({ average: { rule: 'per-node', target: 50, outAbove: 70, inBelow: 20 } });
    const busy = [node('a', { load: 90, sessions: 1 }), node('b', { load: 60, sessions: 1 })];
    expect(kinds(decideAt(sampleOf(busy), cpu).actions)).toEqual(['grow 3']);
  });
});

describe('average, the original ladder', () => {
  const config = configOf({ preset: 'original', in: { windows: [] }, schedule: [] });

  it('takes the next step up at the threshold', () => {
    expect(kinds(decideAt(sampleOf(nodes(21, 19)), config).actions)).toEqual(['grow 100']);
    expect(decideAt(sampleOf(nodes(21, 18)), config).actions).toEqual([]);
  });

  it('fires at exactly the minimum, as the original did', () => {
    expect(kinds(decideAt(sampleOf(nodes(2, 0)), config).actions)).toEqual(['grow 50']);
  });

  it('takes the next step down at the lower threshold, and drains instead of cutting off', () => {
    const { actions } = decideAt(sampleOf(nodes(45, 2)), config);
    expect(actions).toHaveLength(5);
    expect(actions.every(({ kind }) => kind === 'drain')).toBe(true);
  });
});

describe('schedule', () => {
  const config = configOf({
    bootMs: 60_000,
    schedule: [{ name: 'prime time', days: ['mon'], from: '18:00', to: '23:00', zone: 'Asia/Tokyo', atLeast: 10 }],
    in: { cooldownMs: 1_000 },
  });
  const at = (iso: string) => decideAt(sampleOf(nodes(4, 60)), config, {}, Date.parse(iso));

  it('wants the nodes from one boot time before the window until its end', () => {
    expect(at('2024-01-01T08:58:59Z').actions).toEqual([]);
    expect(kinds(at('2024-01-01T08:59:01Z').actions)).toEqual(['grow 10']);
    expect(at('2024-01-01T13:59:59Z').reason.text).toContain('"prime time"');
    expect(at('2024-01-01T14:00:00Z').actions).toEqual([]);
    expect(at('2024-01-02T09:30:00Z').actions).toEqual([]);
  });

  it('keeps the nodes within the window, however idle', () => {
    const nowMs = Date.parse('2024-01-01T10:00:00Z');
    expect(decideAt(sampleOf(nodes(10)), config, {}, nowMs).actions).toEqual([]);
    const later = nowMs + 5 * 3_600_000;
    expect(decideAt(sampleOf(nodes(10)), config, {}, later).actions).not.toEqual([]);
  });
});

describe('scale-in windows', () => {
  const config = configOf({ in: { windows: [{ from: '04:00', to: '05:00', zone: 'Asia/Tokyo' }] } });
  const at = (iso: string) => decideAt(sampleOf(nodes(8)), config, {}, Date.parse(iso));

  it('shrinks within them only', () => {
    expect(at('2024-01-01T18:59:00Z').reason.code).toBe('outside-window');
    expect(kinds(at('2024-01-01T19:00:00Z').actions)).toHaveLength(2);
    expect(at('2024-01-01T20:00:00Z').actions).toEqual([]);
  });
});

describe('forecast', () => {
  const config = configOf({ maximum: 50, average: { target: 0.6, outAbove: 0.7, inBelow: 0.3 } });
  /** Feeds one sample a second for three minutes; `load(second)` in players, over 10 nodes of 100. */
  function during(load: (second: number) => number) {
    let state = initialState();
    const made: string[] = [];
    for (let second = 0; second < 180; second++) {
      const nowMs = NOON + second * SECOND;
      const sample = { ...sampleOf(nodes(10, load(second) / 10)), atMs: nowMs };
      const decision = decide(state, sample, nowMs, config);
      state = decision.state;
      if (decision.actions.length > 0)
        made.push(`${decision.reason.rule} ${kinds(decision.actions).join()} at ${second}`);
    }
    return made;
  }

  it('starts nodes before the load needs them', () => {
    const made = during((second) => 400 + second);
    expect(made[0]).toMatch(/^forecast grow 1[1-9] at/);
  });

  it('takes noise, one wild value, and a falling load for no rise', () => {
    expect(during((second) => 500 + 40 * Math.sin(second * 7.3))).toEqual([]);
    expect(during((second) => (second === 100 ? 690 : 500))).toEqual([]);
    expect(during((second) => 690 - second)).toEqual([]);
  });
});

describe('emergency', () => {
  const config = configOf({ average: { target: 0.6, outAbove: 0.9, inBelow: 0.3 }, forecast: null });
  const scaledJustNow = { outAgoMs: 1_000, inAgoMs: 1_000 };

  it('breaks the cooldown when joins are refused', () => {
    const sample = sampleOf(nodes(4, 60), { refused: 7, cooldowns: scaledJustNow });
    const decision = decideAt(sample, config);
    expect(kinds(decision.actions)).toEqual(['grow 5']);
    expect(decision.reason).toMatchObject({ rule: 'emergency' });
    expect(decision.reason.text).toContain('7 joins refused');
  });

  it('is content with what is coming already', () => {
    const sample = sampleOf(nodes(4, 60), {
      refused: 7,
      cooldowns: scaledJustNow,
      group: { desired: 5, wantedVersion: 'v1' },
    });
    expect(decideAt(sample, config).actions).toEqual([]);
  });

  it('takes draining nodes back before it starts any', () => {
    const draining = node('d', { phase: 'draining', sessions: 3 });
    const sample = sampleOf([...nodes(4, 60), draining], { refused: 200, cooldowns: scaledJustNow });
    expect(kinds(decideAt(sample, config).actions)).toEqual(['undrain d', 'grow 6']);
  });

  it('is bounded by the step and by the maximum', () => {
    const small = configOf({ maximum: 6, average: config.average, out: { stepNodes: 1, stepFraction: 0 } });
    const refused = { refused: 10_000, cooldowns: scaledJustNow };
    expect(kinds(decideAt(sampleOf(nodes(4, 60), refused), small).actions)).toEqual(['grow 5']);
    expect(decideAt(sampleOf(nodes(6, 60), refused), small).actions).toEqual([]);
  });
});

describe('cooldowns', () => {
  const config = configOf();

  it('hold a scale-out back, and say for how long', () => {
    const busy = (outAgoMs: number | null) =>
      decideAt(sampleOf(nodes(4, 90), { cooldowns: { outAgoMs, inAgoMs: 0 } }), config);
    expect(busy(100_000).actions).toEqual([]);
    expect(busy(100_000).reason.text).toContain('waits 80 s');
    expect(kinds(busy(180_000).actions)).toEqual(['grow 6']);
  });

  it('a missing stamp means "just scaled", and is written (S5)', () => {
    const decision = decideAt(sampleOf(nodes(4, 90), { cooldowns: { outAgoMs: null, inAgoMs: null } }), config);
    expect(decision.actions).toEqual([]);
    expect(decision.stamps).toEqual(['out', 'in']);
  });

  it('hold a scale-in back, also for a while after a scale-out', () => {
    const idle = (outAgoMs: number, inAgoMs: number) =>
      decideAt(sampleOf(nodes(4), { cooldowns: { outAgoMs, inAgoMs } }), config);
    expect(idle(900_000, 3_599_000).reason.code).toBe('cooldown-in');
    expect(idle(299_000, 3_600_000).reason.code).toBe('cooldown-in');
    expect(kinds(idle(300_000, 3_600_000).actions)).toEqual(['drain n0']);
  });

  it('repeat an order that the fleet never got, without another cooldown', () => {
    const sample = sampleOf(nodes(4, 90));
    const first = decideAt(sample, config);
    expect(kinds(first.actions)).toEqual(['grow 6']);
    const again = (seconds: number) => {
      const nowMs = NOON + seconds * SECOND;
      const cooldowns = { outAgoMs: seconds * SECOND, inAgoMs: 0 };
      return decide(first.state, { ...sample, atMs: nowMs, cooldowns }, nowMs, config);
    };
    expect(again(3).actions).toEqual([]);
    expect(kinds(again(11).actions)).toEqual(['grow 6']);
    expect(again(11).stamps).toEqual(['out']);
  });
});

describe('an order that is under way', () => {
  const config = configOf();

  it('is forgotten with its stamp: then nobody knows how old it is (S5)', () => {
    const sample = sampleOf(nodes(4, 90));
    const first = decideAt(sample, config);
    const wiped = (nowMs: number, outAgoMs: number | null) =>
      decide(first.state, { ...sample, atMs: nowMs, cooldowns: { outAgoMs, inAgoMs: 0 } }, nowMs, config);
    const after = wiped(NOON + 11_000, null);
    expect(after.actions).toEqual([]);
    const later = NOON + 22_000;
    const cooldowns = { outAgoMs: 11_000, inAgoMs: 11_000 };
    expect(decide(after.state, { ...sample, atMs: later, cooldowns }, later, config).actions).toEqual([]);
  });

  it('is over when the fleet has it: a node that leaves later is not started again', () => {
    const first = decideAt(sampleOf(nodes(4, 90)), config);
    const step = (state: typeof first.state, desired: number, nowMs: number) => {
      const group = { desired, wantedVersion: 'v1' };
      const cooldowns = { outAgoMs: nowMs - NOON, inAgoMs: 0 };
      return decide(state, sampleOf(nodes(4, 130), { atMs: nowMs, group, cooldowns }), nowMs, config);
    };
    const arrived = step(first.state, 6, NOON + 1_000);
    expect(step(arrived.state, 5, NOON + 30_000).actions).toEqual([]);
  });

  it('shrinks when less is needed meanwhile, and ends when nothing is', () => {
    const first = decideAt(sampleOf(nodes(4, 90)), config);
    const nowMs = NOON + 11_000;
    const cooldowns = { outAgoMs: 11_000, inAgoMs: 0 };
    const at = (sessions: number) =>
      decide(first.state, sampleOf(nodes(4, sessions), { atMs: nowMs, cooldowns }), nowMs, config);
    expect(kinds(at(77).actions)).toEqual(['grow 5']);
    expect(at(60).actions).toEqual([]);
    expect(at(60).state.ordered).toBeNull();
  });
});

describe('samples that do not tell enough', () => {
  const config = configOf();
  const idle = nodes(8);
  const at = (sample: Parameters<typeof decideAt>[0]) => decideAt(sample, config).actions;

  it('shrinks on none of them', () => {
    expect(kinds(at(sampleOf(idle)))).toHaveLength(2);
    expect(decide(steadyState(0, config), null, NOON, config).reason.code).toBe('missing');
    expect(decide(steadyState(0, config), sampleOf(idle), NOON + 6_000, config).reason.code).toBe('stale');
    expect(decide(steadyState(0, config), sampleOf(idle), NOON - 6_000, config).reason.code).toBe('stale');
    expect(at(sampleOf(idle, { massFailure: true }))).toEqual([]);
    expect(at(sampleOf(idle, { group: null }))).toEqual([]);
    expect(at(sampleOf(idle, { cooldowns: null }))).toEqual([]);
    for (const health of ['suspect', 'held', 'red'] as const) {
      expect(at(sampleOf([...idle, node('x', { health, silentMs: 40_000 })]))).toEqual([]);
    }
    const booting = node('x', { health: 'booting', launchedAtMs: NOON - 1_000 });
    expect(decideAt(sampleOf([...idle, booting]), config).reason.code).toBe('coming');
  });

  it('shrinks only once it has seen the load for long enough', () => {
    expect(decide(initialState(), sampleOf(idle), NOON, config).actions).toEqual([]);
  });

  it('still grows in a mass failure', () => {
    const silent = nodes(4, 90, { health: 'held', silentMs: 60_000 });
    expect(kinds(at(sampleOf(silent, { massFailure: true })))).toEqual(['grow 6']);
  });
});
