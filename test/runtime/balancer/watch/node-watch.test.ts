import { afterEach, describe, expect, it } from '@jest/globals';
import { NodeWatch } from '../../../../runtime/balancer/watch/node-watch';
import { eventually } from '../../../support/eventually';
import { FakeNode, fakeProbes, instance } from '../support';

const running: NodeWatch[] = [];
afterEach(() => {
  for (const watch of running.splice(0)) watch.stop();
});

/** A watch that has asked once, and got an answer. */
async function answered(node: FakeNode): Promise<NodeWatch> {
  const endpoint = `http://${node.nodeId}`;
  const watch = new NodeWatch(
    { ...instance(node.nodeId, endpoint), endpoint },
    {
      ...{ probe: fakeProbes([node]), pollMs: 600_000, timeoutMs: 100, phaseMs: 600_000 },
      ...{ onWhole: () => undefined, onSilent: () => undefined },
    },
  );
  running.push(watch);
  await eventually('it was heard', () => watch.facts !== null);
  return watch;
}

describe('the outcome of a node’s polls', () => {
  it('is the last answer, told once', async () => {
    const watch = await answered(new FakeNode('n1'));
    expect(watch.takeOutcome()).toEqual({ kind: 'answered', startId: 's1' });
    expect(watch.takeOutcome()).toBeUndefined();
  });

  it('is no answer from before its channel broke: a dead node would be green again', async () => {
    const node = new FakeNode('n1');
    const watch = await answered(node);
    node.lose();
    expect(watch.takeOutcome()).toBeUndefined();
  });
});
