import { describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import type { Assigner } from '../../../../runtime/api/backend';
import { balancerMetrics } from '../../../../runtime/balancer/metrics/balancer-metrics';
import { measuredAssigner } from '../../../../runtime/balancer/metrics/measured-assigner';
import { Tally } from '../../../../runtime/balancer/metrics/tally';
import { LiveView } from '../../../../runtime/balancer/watch/view';
import { FleetError } from '../../../../runtime/core/errors';
import { RegistryUnavailable } from '../../../../runtime/registry/types';
import { parseExposition } from '../../../support/exposition';
import { silentLog } from '../support';

const reply = { endpoint: 'http://n', ticket: 't', expiresAt: '', nodeId: 'n' };

/** An assigner whose every answer is `answer`. */
function assigner(answer: () => Promise<typeof reply>): Assigner {
  const other = () => Promise.reject(new Error('not expected in this test'));
  return { lobby: answer, join: answer, start: answer, finish: other, room: other };
}

function counted(tally: Tally): Record<string, unknown> {
  return Object.fromEntries(
    tally.samples().map(({ name, labels, value }) => [[name, ...Object.values(labels)].join(' '), value]),
  );
}

describe('the tally', () => {
  it('counts players who were given a node, by cluster, and how long it took', async () => {
    const tally = new Tally(['lobby', 'game', 'chat']);
    const measured = measuredAssigner(
      assigner(async () => reply),
      { lobby: 'lobby', game: 'game' },
      tally,
    );
    expect(await measured.lobby('p')).toBe(reply);
    await measured.lobby('q');
    await measured.join('chat', 'p');
    await measured.start('room', 'token');
    // A name that a caller made up must not become a series.
    await measured.join('made-up', 'p');
    const samples = tally.samples();
    expect(counted(tally)).toMatchObject({
      'realtime_assigns_total lobby': 2,
      'realtime_assigns_total game': 1,
      'realtime_assigns_total chat': 1,
    });
    const durations = samples.filter(({ name }) => name === 'realtime_assign_duration_seconds');
    const occurrences = durations.map(({ value }) =>
      typeof value === 'number' ? 0 : value.counts.reduce((sum, count) => sum + count, 0),
    );
    expect(occurrences).toEqual([2, 1, 1]);
    expect(samples.some(({ labels }) => labels.cluster === 'made-up')).toBe(false);
  });

  it('counts refusals and our own faults by code, hands them on, and leaves out mistakes of the caller', async () => {
    const tally = new Tally(['lobby', 'game']);
    const failing = async (error: Error) => {
      const measured = measuredAssigner(
        assigner(() => Promise.reject(error)),
        { lobby: 'lobby', game: 'game' },
        tally,
      );
      await expect(measured.lobby('p')).rejects.toBe(error);
    };
    for (const code of ['FULL', 'FULL', 'BUSY', 'IDEMPOTENCY_KEY_REUSED'] as const) await failing(new FleetError(code));
    await failing(new RegistryUnavailable(new Error('gone')));
    await failing(new Error('a bug'));
    const refusals = Object.entries(counted(tally)).filter(([key]) => key.startsWith('realtime_refusals_total'));
    expect(Object.fromEntries(refusals)).toEqual({
      'realtime_refusals_total lobby FULL': 2,
      'realtime_refusals_total lobby BUSY': 1,
      'realtime_refusals_total lobby UNAVAILABLE': 1,
      'realtime_refusals_total lobby INTERNAL': 1,
    });
  });

  it('counts what the autoscaler did, not why it did nothing', () => {
    const tally = new Tally(['game']);
    for (const kind of ['scaling-grow', 'scaling-unchanged', 'scaling-failed', 'node-red', 'scaling-grow']) {
      tally.happened({ kind, cluster: 'game' });
    }
    const decisions = Object.entries(counted(tally)).filter(([key]) => key.startsWith('realtime_decisions_total'));
    expect(Object.fromEntries(decisions)).toEqual({
      'realtime_decisions_total game grow': 2,
      'realtime_decisions_total game failed': 1,
    });
  });
});

describe("a balancer's /metrics", () => {
  it('tells the clusters, who owns them, Redis and the peer', async () => {
    const view = new LiveView(['lobby', 'game']);
    view.publish({ cluster: 'lobby', atMs: 0, massFailure: false, nodes: [] });
    const peer = { there: true };
    const { route } = balancerMetrics({
      ...{ stack: 'test', balancerId: 'b1', tally: new Tally(['lobby', 'game']), view },
      pair: { ownership: { epoch: (cluster) => (cluster === 'lobby' ? 1_024 : null) }, peer },
      answers: () => false,
      scaled: new Map([['lobby', { maximum: 5 }]]),
      shown: {
        snapshot: (cluster) => ({ orders: { paused: cluster === 'game' ? {} : null } }),
        maintenance: () => ({ on: true }),
      },
      log: silentLog,
    });
    const app = fastify();
    route(app);
    const scrape = async () => {
      const response = await app.inject('/metrics');
      expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
      return parseExposition(response.body);
    };
    const always = 'stack="test",balancer="b1"';
    const series = await scrape();
    expect(series.get(`realtime_owned{cluster="lobby",${always}}`)).toBe(1);
    expect(series.get(`realtime_owned{cluster="game",${always}}`)).toBe(0);
    expect(series.get(`realtime_epoch{cluster="lobby",${always}}`)).toBe(1_024);
    expect(series.has(`realtime_epoch{cluster="game",${always}}`)).toBe(false);
    expect(series.get(`realtime_redis_up{${always}}`)).toBe(0);
    expect(series.get(`realtime_peer_up{${always}}`)).toBe(1);
    expect(series.get(`realtime_nodes_maximum{cluster="lobby",${always}}`)).toBe(5);
    const paused = ['lobby', 'game'].map((cluster) => series.get(`realtime_paused{cluster="${cluster}",${always}}`));
    expect([...paused, series.get(`realtime_maintenance{${always}}`)]).toEqual([0, 1, 1]);
    // Nothing is known of a cluster before its first tick.
    expect(series.has(`realtime_connections{cluster="game",${always}}`)).toBe(false);
    peer.there = false;
    expect((await scrape()).get(`realtime_peer_up{${always}}`)).toBe(0);
    await app.close();
  });
});
