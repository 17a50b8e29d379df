import { expect, it } from '@jest/globals';
import { withLastChoices } from '../../../../runtime/balancer/watch/last-choice';
import type { NodeFacts } from '../../../../runtime/balancer/watch/node-watch';

/** A green node with room for 200 that has answered. */
function entry(nodeId: string, sessions: number, weight = 200) {
  const said = { startId: 's', version: 'v1', sessions, connections: sessions, capacity: 200 };
  const facts: NodeFacts = { ...said, phase: 'open', loopDelayMs: 0, rssBytes: 0 };
  const seen = { nodeId, endpoint: `http://${nodeId}`, zone: 'a', weight, window: 10 };
  return { watch: { facts }, update: { ...said, ...seen, standing: 'green' as const } };
}

/** Written with all packed to 95 %; nodes `old…` are to be replaced. */
function standings(...entries: ReturnType<typeof entry>[]): Record<string, string> {
  const written = withLastChoices(entries, {
    ...{ fill: 0.95, minimum: 1 },
    outgoing: ({ nodeId }) => nodeId.startsWith('old'),
  });
  return Object.fromEntries(written.map(({ update }) => [update.nodeId, update.standing]));
}

it('the emptiest nodes are last choice when the others hold everybody', () => {
  const nodes = [entry('a', 150), entry('b', 150), entry('c', 0), entry('d', 0)];
  expect(standings(...nodes)).toEqual({ a: 'green', b: 'green', c: 'held', d: 'held' });
});

it('what slow nodes hold is no room: joins go to others', () => {
  const nodes = [entry('a', 150, 20), entry('b', 150, 20), entry('c', 0), entry('d', 0), entry('e', 0)];
  expect(standings(...nodes)).toEqual({ a: 'green', b: 'green', c: 'green', d: 'green', e: 'held' });
});

it('nodes that are to be replaced are last choice while others have room', () => {
  expect(standings(entry('old', 150), entry('a', 0), entry('b', 0))).toEqual({ old: 'held', a: 'green', b: 'held' });
  expect(standings(entry('old1', 190), entry('old2', 0))).toEqual({ old1: 'green', old2: 'held' });
});
