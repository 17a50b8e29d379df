import { expect, it } from '@jest/globals';
import { Outgoing } from '../../../../runtime/balancer/scaling/outgoing';

it('nodes go that do not run what they should, or that operators want replaced', () => {
  const outgoing = new Outgoing((cluster) => (cluster === 'game' ? ['n2'] : []));
  const [n1, n2] = [
    { nodeId: 'n1', version: 'v1' },
    { nodeId: 'n2', version: 'v1' },
  ];
  const going = (cluster: string) => [n1, n2].map((node) => outgoing.includes(cluster, node));
  expect(going('game')).toEqual([false, false]);
  outgoing.heard('game', 'v1');
  expect(going('game')).toEqual([false, true]);
  outgoing.heard('game', 'v2');
  expect(going('game')).toEqual([true, true]);
  expect(going('lobby')).toEqual([false, false]);
  outgoing.heard('game', null);
  expect(going('game')).toEqual([false, false]);
});
