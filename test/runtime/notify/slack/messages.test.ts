import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NodeSnapshot } from '../../../../runtime/core/snapshot';
import { type Digest, total, withEvent } from '../../../../runtime/notify/slack/digest';
import { eventsMessage } from '../../../../runtime/notify/slack/events-message';
import { headlineOf, type NotedEvent } from '../../../../runtime/notify/slack/kinds';
import { reportMessage } from '../../../../runtime/notify/slack/report-message';
import { event, SENDER } from './support';

function messageOf(...events: readonly NotedEvent[]) {
  return eventsMessage(events.reduce<Digest>(withEvent, []), SENDER);
}

const titleOf = (kind: string, over: Partial<NotedEvent> = {}) => headlineOf(event(kind, over))?.title ?? null;

describe('headlines', () => {
  it('tell what a decision was for', () => {
    expect(titleOf('scaling-grow', { details: { rule: 'average' } })).toBe('Scale-out');
    expect(titleOf('scaling-grow', { details: { rule: 'emergency' } })).toBe('Emergency scale-out');
    expect(titleOf('scaling-drain', { details: { rule: 'average' } })).toBe('Scale-in');
    expect(titleOf('scaling-drain', { details: { rule: 'roll' } })).toBe('Rolling replacement: old nodes drain');
    expect(titleOf('scaling-unchanged', { details: { code: 'at-maximum' } })).toBe('At the maximum');
    expect(titleOf('scaling-unchanged', { details: { code: 'steady' } })).toBeNull();
  });

  it('tell fail-over from fail-back', () => {
    const owned = (home: boolean, reason: string) => titleOf('cluster-owned', { reason, details: { home } });
    expect(owned(false, 'the lease has run out, and the peer is silent')).toBe('Fail-over');
    expect(owned(true, 'the peer handed it over')).toBe('Fail-back');
    expect(owned(true, 'nobody ever owned it, and this is its home')).toBeNull();
  });

  it('name whatever an operator does', () => {
    expect(titleOf('order-drain')).toBe('Operator: drain');
  });
});

describe('a message', () => {
  it('says what, where, when, why and who, with a link to the page', () => {
    const message = messageOf(
      event('order-drain', { cluster: 'game', nodeId: 'n1', by: 'alice', details: { sessions: 5 } }),
    );
    expect(message).toEqual({
      text: 'prod: game: Operator: drain',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: ':information_source: game: Operator: drain' } },
        {
          type: 'section',
          text: { type: 'mrkdwn', text: '<!date^1700000000^{time_secs}|22:13:20 UTC> n1: because (alice; sessions 5)' },
        },
        {
          type: 'context',
          elements: [
            { type: 'mrkdwn', text: 'prod · told by balancer-a · <http://127.0.0.1:9090/|Open the live page>' },
          ],
        },
      ],
    });
  });

  it('has the weightiest first, and counts what it does not show', () => {
    const dead = Array.from({ length: 30 }, (_, i) => event('node-red', { cluster: 'game', nodeId: `n${i}` }));
    const message = messageOf(event('scaling-undrain'), ...dead, event('mass-failure-began', { cluster: 'game' }));
    const text = JSON.stringify(message.blocks);
    expect(message.text).toBe('prod: game: Most nodes are silent and 31 more');
    expect(text.indexOf('Most nodes')).toBeLessThan(text.indexOf('Node dead'));
    expect(text.indexOf('Node dead')).toBeLessThan(text.indexOf('Node taken back'));
    expect(text).toContain('game · 30 times');
    expect(text).toContain('26 earlier ones');
    expect(text).toContain('n29: because');
    expect(text).not.toContain('n3:');
  });

  it('makes nothing of what comes from outside', () => {
    const text = JSON.stringify(
      messageOf(event('api-errors', { reason: '<!channel> *b* _i_ `c` <http://x|y> & more' })),
    );
    expect(text).not.toContain('<!channel>');
    expect(text).toContain(
      '&lt;!channel&gt; *\u200bb*\u200b _\u200bi_\u200b `\u200bc`\u200b &lt;http://x|y&gt; &amp; more',
    );
  });

  it('is Unicode, also where it is cut', () => {
    const reasons = ['\ud83d', `${'x'.repeat(298)}😀😀`];
    const text = JSON.stringify(messageOf(...reasons.map((reason) => event('api-errors', { reason }))));
    expect(text).not.toMatch(/\\ud[89a-f]/);
    expect(text).toContain('x\ufffd…');
  });

  it('keeps within the limits of Block Kit', () => {
    const Event = fc.record({
      kind: fc.constantFrom('node-red', 'api-errors', 'scaling-grow', 'order-x', 'scaling-failed', 'peer-silent'),
      cluster: fc.stringMatching(/^[a-z]{1,64}$/),
      nodeId: fc.string({ maxLength: 128 }),
      reason: fc.string({ maxLength: 5_000, size: 'max' }),
      by: fc.string({ maxLength: 200 }),
      atMs: fc.nat(2_000_000_000_000),
    });
    const property = fc.property(fc.array(Event, { maxLength: 60 }), (events) => {
      const { blocks } = messageOf(...events);
      expect(blocks.length).toBeLessThanOrEqual(50);
      for (const block of blocks) {
        const text = block.type === 'context' ? block.elements[0]?.text : block.text.text;
        expect(text?.length ?? 0).toBeGreaterThan(0);
        expect(text?.length ?? 0).toBeLessThanOrEqual(block.type === 'header' ? 150 : 3_000);
      }
    });
    fc.assert(property, { numRuns: 50 });
  });
});

describe('a digest', () => {
  it('does not grow with what happens', () => {
    let digest: Digest = [];
    for (let i = 0; i < 1_000; i += 1)
      digest = withEvent(digest, event('node-red', { cluster: 'game', nodeId: `n${i}` }));
    expect(total(digest)).toBe(1_000);
    expect(JSON.stringify(digest).length).toBeLessThan(1_000);
  });
});

describe('the state report', () => {
  const node: NodeSnapshot = {
    ...{ nodeId: 'n1', startId: 's', endpoint: 'http://x', zone: 'a', version: 'v' },
    ...{ health: 'green' as const, phase: 'open' as const },
    ...{ connections: 30, sessions: 30, pending: 0, capacity: 100, weight: 100, window: 8, loopDelayMs: 1 },
    ...{ rssBytes: 1, launchedAtMs: 0, silentMs: 0 },
  };

  it('says how each cluster is, and what has happened', () => {
    const nodes: NodeSnapshot[] = [node, { ...node, phase: 'draining', sessions: 5 }, { ...node, health: 'red' }];
    const { text, blocks } = reportMessage(
      {
        sinceMs: 1_700_000_000_000,
        atMs: 1_700_003_600_000,
        clusters: [
          {
            snapshot: { cluster: 'game', massFailure: false, nodes },
            owner: 'balancer-b',
            decision: 'unchanged at 3 nodes',
            paused: null,
          },
          {
            snapshot: { cluster: 'lobby', massFailure: true, nodes: [] },
            ...{ owner: null, decision: null, paused: { by: 'ann', why: 'a <deploy>', atMs: 1_700_000_000_000 } },
          },
        ],
        maintenance: null,
        happened: withEvent(
          withEvent([], event('node-red', { cluster: 'game' })),
          event('node-red', { cluster: 'game' }),
        ),
      },
      SENDER,
    );
    expect(text).toBe('prod: 65 players in 2 clusters');
    const sections = blocks.flatMap((block) => (block.type === 'section' ? [block.text.text] : []));
    expect(sections).toEqual([
      [
        '*game* · owned by balancer-b',
        'Players: 65, room for 100 (30 %)',
        'Nodes: 3 · 1 green, 1 draining, 1 red',
        'Autoscaler: unchanged at 3 nodes',
      ].join('\n'),
      [
        '*lobby* · :warning: owned by nobody',
        'Players: 0, room for 0',
        'Nodes: 0',
        ':rotating_light: Most nodes are silent: none is evicted for silence',
        ':warning: Autoscaler paused since <!date^1700000000^{date_short_pretty} {time}|22:13:20 UTC>: ann (a &lt;deploy&gt;)',
      ].join('\n'),
      '*Since* <!date^1700000000^{date_short_pretty} {time}|22:13:20 UTC>: 2 × Node dead (game)',
    ]);
  });

  it('says first that there is maintenance, and when it is to end', () => {
    const sections = (on: boolean, untilMs: number | null) => {
      const maintenance = { on, by: 'ann', why: 'a move', atMs: 1_700_000_000_000, untilMs };
      const { blocks } = reportMessage({ sinceMs: 0, atMs: 0, clusters: [], maintenance, happened: [] }, SENDER);
      return blocks.flatMap((block) => (block.type === 'section' ? [block.text.text] : []));
    };
    const since =
      ':construction: *Maintenance*: nobody new is let in since <!date^1700000000^{date_short_pretty} {time}|22:13:20 UTC>';
    expect(sections(true, null)[0]).toBe(`${since}: ann (a move)`);
    expect(sections(true, 1_700_000_600_000)[0]).toBe(
      `${since}, expected to end <!date^1700000600^{date_short_pretty} {time}|22:23:20 UTC>: ann (a move)`,
    );
    expect(sections(false, null)).toHaveLength(1);
  });
});
