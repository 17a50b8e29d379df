import { describe, expect, it } from '@jest/globals';
import { spareNodes } from '../../../runtime/core/spare';

const nodes = (...loads: number[]) => loads.map((load, i) => ({ nodeId: `n${i}`, load, capacity: 100 }));
const spare = (list: ReturnType<typeof nodes>, fill: number, minimum: number) =>
  spareNodes(list, fill, minimum).map(({ nodeId }) => nodeId);

describe('nodes that are not needed', () => {
  it('are those with the fewest players, when the others hold everybody', () => {
    expect(spare(nodes(80, 10, 70, 20), 0.9, 1)).toEqual(['n3', 'n1']);
    expect(spare(nodes(80, 10, 70, 21), 0.9, 1)).toEqual(['n1']);
  });

  it('are first of all those that are to be replaced, however full', () => {
    const outgoing = nodes(80, 70).map((node) => ({ ...node, nodeId: `old ${node.nodeId}`, outgoing: true }));
    expect(spare([...outgoing, ...nodes(0, 0)], 0.9, 1)).toEqual(['old n0', 'old n1']);
    expect(spare([...outgoing, ...nodes(0)], 0.9, 1)).toEqual(['old n1']);
  });

  it('are none within the minimum, and none when all are needed', () => {
    expect(spare(nodes(0, 0), 0.95, 2)).toEqual([]);
    expect(spare(nodes(90, 90, 90), 0.95, 1)).toEqual([]);
    expect(spare([], 0.95, 2)).toEqual([]);
  });
});
