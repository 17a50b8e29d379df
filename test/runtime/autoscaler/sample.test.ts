import { describe, expect, it } from '@jest/globals';
import { toSample } from '../../../runtime/autoscaler/sample';
import { parseFleetConfig } from '../../../runtime/core/config/fleet';
import type { ClusterSnapshot, NodeSnapshot } from '../../../runtime/core/snapshot';
import { configOf, decideAt, kinds, NOON } from '../core/scaling/fixtures';
import { SECOND, World } from './world';

const HOUR = 3_600_000;
const perNode = { rule: 'per-node', target: 10, outAbove: 20, inBelow: 5 };

/** Four green nodes with 30 sessions and 4 reservations each, with these metrics. */
function snapshot(metrics: readonly NodeSnapshot['metrics'][]): ClusterSnapshot {
  const world = new World(metrics.length);
  const nodes = world.snapshot().nodes.map((node, i) => {
    const reported = metrics[i];
    const launchedAtMs = NOON - HOUR;
    return { ...node, launchedAtMs, sessions: 30, pending: 4, ...(reported !== undefined && { metrics: reported }) };
  });
  return { ...world.snapshot(), atMs: NOON, nodes };
}

function sample(metric: string, metrics: readonly NodeSnapshot['metrics'][]) {
  const cooldowns = { outAgoMs: 10 * HOUR, inAgoMs: 10 * HOUR };
  const group = { desired: metrics.length, wantedVersion: 'v1' };
  return toSample(snapshot(metrics), metric, { group, refused: 0, cooldowns });
}

describe('what sizes a cluster', () => {
  it('is its players when nothing else is said', () => {
    expect(configOf().metric).toBe('players');
    expect(sample('players', [{ players: 1 }, {}]).nodes.map(({ load }) => load)).toEqual([34, 34]);
  });

  it('can be anything that the nodes report', () => {
    const config = configOf({ metric: 'queue', average: perNode });
    const busy = sample('queue', [{ queue: 50 }, { queue: 10 }, { queue: 30 }]);
    expect(busy.nodes.map(({ load }) => load)).toEqual([50, 10, 30]);
    expect(kinds(decideAt(busy, config).actions)).toEqual(['grow 9']);
    const idle = sample('queue', [{ queue: 1 }, { queue: 0 }, { queue: 2 }]);
    expect(kinds(decideAt(idle, config).actions)).toEqual(['drain n0']);
  });

  it.each([[undefined], [{}], [{ other: 1 }]])('scales nothing in while a node reports %j', (metrics) => {
    const config = configOf({ metric: 'queue', average: perNode });
    const partial = sample('queue', [{ queue: 0 }, { queue: 0 }, metrics]);
    expect(kinds(decideAt(partial, config).actions)).toEqual([]);
  });

  it('takes nothing for a metric that merely every object has', () => {
    expect(sample('constructor', [{}]).nodes).toMatchObject([{ load: 0, unmeasured: true }]);
  });

  it('must be measured per node, as capacity is in players', () => {
    const mistakes = (game: object) => {
      const parsed = parseFleetConfig({ stack: 'prod', clusters: { game } });
      return parsed.ok ? [] : parsed.mistakes;
    };
    expect(mistakes({ metric: 'cpu' })).toEqual([
      'clusters.game.average.rule: must be per-node or ladder with the metric "cpu": capacity, which utilization goes by, is in players',
    ]);
    expect(mistakes({ metric: 'cpu', average: perNode })).toEqual([]);
    expect(mistakes({ metric: 'No Name', average: perNode })).toEqual([
      expect.stringMatching(/^clusters\.game\.metric: /),
    ]);
  });
});

it('is followed by the autoscaler', () => {
  const world = new World(3);
  const config = configOf({ metric: 'queue', average: perNode, bootMs: 60 * SECOND });
  const seen = world.snapshot.bind(world);
  world.snapshot = () => {
    const { nodes, ...rest } = seen();
    return { ...rest, nodes: nodes.map((node) => ({ ...node, metrics: { queue: 25 } })) };
  };
  const autoscaler = world.start(config);
  world.run(200);
  autoscaler.stop();
  expect(world.calls).toContain('grow 8');
});
