import { describe, expect, it } from '@jest/globals';
import { TicketClaims } from '../../../runtime/core/protocol/ticket';
import { deriveNodeKey, parseMasterKeys } from '../../../runtime/tickets/keys';
import { NodeTokens } from '../../../runtime/tickets/node-tokens';
import { signer, verifier } from '../../../runtime/tickets/tokens';

const [master, older] = parseMasterKeys(`${'ab'.repeat(32)},${'cd'.repeat(32)}`);
if (master === undefined || older === undefined) throw new Error('two keys expected');

const iat = Math.floor(Date.now() / 1000);
const claims = (aud: string): TicketClaims => ({ jti: 'j', rid: 'r', sub: 'ann', aud, st: 's1', iat, exp: iat + 60 });
const match = (iss: string) => {
  const room = { id: 'r1', mode: 'battle', members: ['ann'] };
  return { iss, st: 's1', sub: 'ann', room, iat, exp: iat + 60 };
};

describe('NodeTokens', () => {
  /** Whether the ticket is signed with the key of this master. */
  const isOf = (key: typeof master, ticket: string, nodeId: string) =>
    verifier([deriveNodeKey(key, 'ticket', nodeId, 's1')], TicketClaims)(ticket).ok;

  it('signs each ticket for the start that it is for, with the newest key that this start is known to hold', () => {
    const tokens = new NodeTokens([older]);
    tokens.delivered({ nodeId: 'a', startId: 's1' }, [older]);
    tokens.rotate([master, older]);
    for (const nodeId of ['a', 'b', 'a']) expect(isOf(older, tokens.signTicket(claims(nodeId)), nodeId)).toBe(true);
    tokens.delivered({ nodeId: 'a', startId: 's1' }, [master, older]);
    expect(isOf(master, tokens.signTicket(claims('a')), 'a')).toBe(true);
    expect(isOf(older, tokens.signTicket(claims('b')), 'b')).toBe(true);
  });

  it('signs with nothing that was taken away, whatever a start holds', () => {
    const tokens = new NodeTokens([older]);
    tokens.delivered({ nodeId: 'a', startId: 's1' }, [older]);
    tokens.rotate([master]);
    expect(isOf(master, tokens.signTicket(claims('a')), 'a')).toBe(true);
    const token = signer(deriveNodeKey(older, 'match', 'lobby-1', 's1'))(match('lobby-1'));
    expect(tokens.verifyMatch(token)).toEqual({ ok: false, fault: 'signature' });
  });

  it('verifies match tokens under either key, as the node that they name only', () => {
    const tokens = new NodeTokens([master, older]);
    for (const key of [master, older, master]) {
      const token = signer(deriveNodeKey(key, 'match', 'lobby-1', 's1'))(match('lobby-1'));
      expect(tokens.verifyMatch(token)).toEqual({ ok: true, claims: match('lobby-1') });
    }
    const stolen = signer(deriveNodeKey(master, 'match', 'lobby-2', 's1'))(match('lobby-1'));
    expect(tokens.verifyMatch(stolen)).toEqual({ ok: false, fault: 'signature' });
    expect(tokens.verifyMatch('rubbish')).toEqual({ ok: false, fault: 'malformed' });
    expect(
      tokens.verifyMatch(signer(deriveNodeKey(master, 'match', 'x', 's1'))({ iss: 'x'.repeat(200), st: 's1' })),
    ).toEqual({
      ok: false,
      fault: 'malformed',
    });
  });

  it('forgets the nodes of long ago, and knows them again when they are asked for', () => {
    const tokens = new NodeTokens([master]);
    const first = tokens.signTicket(claims('a'));
    for (let node = 0; node < 4_100; node++) tokens.signTicket(claims(`n${node}`));
    expect(tokens.signTicket(claims('a'))).toBe(first);
  });

  it('needs a key', () => {
    expect(() => new NodeTokens([])).toThrow('at least one master key');
  });
});
