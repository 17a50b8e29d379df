import { describe, expect, it } from '@jest/globals';
import type { NodeKey } from '../../../runtime/core/protocol/agent';
import { MAX_ROOM_SIZE, Token } from '../../../runtime/core/protocol/limits';
import { MatchTokens } from '../../../runtime/lobby/match-tokens';
import type { Match } from '../../../runtime/registry/types';
import { deriveNodeKey } from '../../../runtime/tickets/keys';
import { NodeTokens } from '../../../runtime/tickets/node-tokens';
import { TestBalancer } from '../../support/agent-client';

const NOW_MS = 1_700_000_000_999;
const match: Match = { roomId: 'r-1', mode: 'duel', pool: 'default', members: ['a', 'b'], deadlineMs: 0 };

/** A lobby node's tokens, with the keys that the balancer brought. */
function setUp() {
  const { masterKeys } = new TestBalancer();
  const agent = { nodeId: 'lobby-1', startId: 'start-1', key: null as NodeKey | null, matchSigner: () => agent.key };
  const bring = () => {
    const [master] = masterKeys;
    if (master !== undefined) agent.key = deriveNodeKey(master, 'match', agent.nodeId, agent.startId);
  };
  return { agent, bring, tokens: new MatchTokens(agent), verify: new NodeTokens(masterKeys) };
}

describe('MatchTokens', () => {
  it('signs nothing before the keys have come', () => {
    expect(setUp().tokens.sign('a', match, NOW_MS)).toBeNull();
  });

  it('says who the player is, in which room, for an hour', () => {
    const { tokens, bring, verify } = setUp();
    bring();
    const nowMs = Date.now();
    const iat = Math.floor(nowMs / 1_000);
    expect(verify.verifyMatch(tokens.sign('a', match, nowMs) ?? '')).toEqual({
      ok: true,
      claims: {
        iss: 'lobby-1',
        st: 'start-1',
        sub: 'a',
        room: { id: 'r-1', mode: 'duel', members: ['a', 'b'] },
        iat,
        exp: iat + 3_600,
      },
    });
  });

  it('signs with the newest key', () => {
    const { agent, tokens, bring, verify } = setUp();
    agent.key = { kid: 'other', key: Buffer.alloc(32, 1).toString('base64url') };
    expect(verify.verifyMatch(tokens.sign('a', match, Date.now()) ?? '').ok).toBe(false);
    bring();
    expect(verify.verifyMatch(tokens.sign('a', match, Date.now()) ?? '').ok).toBe(true);
  });

  it('fits the limit on tokens with the largest room and the longest ids', () => {
    const { agent, tokens, bring } = setUp();
    Object.assign(agent, { nodeId: 'n'.repeat(128), startId: 's'.repeat(64) });
    bring();
    const members = Array.from({ length: MAX_ROOM_SIZE }, (_, i) => String(i).padEnd(64, 'x'));
    const token = tokens.sign(
      'x'.repeat(64),
      { ...match, roomId: 'r'.repeat(64), mode: 'm'.repeat(64), members },
      NOW_MS,
    );
    expect(Token.safeParse(token).success).toBe(true);
  });
});
