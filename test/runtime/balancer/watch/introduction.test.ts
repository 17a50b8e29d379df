import { describe, expect, it } from '@jest/globals';
import { Introduction } from '../../../../runtime/balancer/watch/introduction';
import { AGENT_PROTOCOL, KeysRequest } from '../../../../runtime/core/protocol/agent';
import { TestBalancer } from '../../../support/agent-client';

describe('the keys that a node is given', () => {
  it('are those that it needs: only who makes matches can sign for them', () => {
    const { masterKeys } = new TestBalancer();
    const keys = { agentKeys: [], masterKeys };
    const introduction = new Introduction({ balancerId: 'b', keys: () => keys, matchmakers: new Set(['lobby']) });
    const hello = { v: AGENT_PROTOCOL, nodeId: 'n1', startId: 's1', version: 'v1', capacity: 10 } as const;
    const given = ['lobby', 'game', 'chat'].map((cluster) => introduction.keys({ ...hello, cluster }).request);
    expect(given.map(({ match }) => match.length)).toEqual([masterKeys.length, 0, 0]);
    expect(given.map(({ ticket }) => ticket.length)).toEqual([1, 1, 1].map(() => masterKeys.length));
    for (const request of given) expect(KeysRequest.omit({ agents: true }).safeParse(request).success).toBe(true);
  });
});
