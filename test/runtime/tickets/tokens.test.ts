import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AgentClaims, TicketClaims } from '../../../runtime/core/protocol/ticket';
import { deriveNodeKey, parseMasterKeys } from '../../../runtime/tickets/keys';
import { ed25519Signer, ed25519Verifier, peek, signer, verifier } from '../../../runtime/tickets/tokens';

const [master, older] = parseMasterKeys(`${'ab'.repeat(32)},${'cd'.repeat(32)}`);
if (master === undefined || older === undefined) throw new Error('two keys expected');

const now = () => Math.floor(Date.now() / 1000);
const claims = (over: Partial<TicketClaims> = {}): TicketClaims => ({
  jti: 'j1',
  rid: 'r1',
  sub: 'alice',
  aud: 'node-1',
  st: 'start-1',
  iat: now(),
  exp: now() + 30,
  ...over,
});

describe('node keys', () => {
  it('differ by node, by start, by use and by master', () => {
    const keys = [
      deriveNodeKey(master, 'ticket', 'node-1', 'start-1'),
      deriveNodeKey(master, 'ticket', 'node-2', 'start-1'),
      deriveNodeKey(master, 'ticket', 'node-1', 'start-2'),
      deriveNodeKey(master, 'match', 'node-1', 'start-1'),
      deriveNodeKey(older, 'ticket', 'node-1', 'start-1'),
    ].map((key) => key.key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(deriveNodeKey(master, 'ticket', 'node-1', 'start-1').key).toBe(keys[0]);
  });

  it('refuse short and superfluous secrets', () => {
    expect(() => parseMasterKeys('abcd')).toThrow('at least 32 bytes');
    expect(() => parseMasterKeys([1, 2, 3].map(() => 'ab'.repeat(32)).join(','))).toThrow('at most two');
  });
});

describe('tickets', () => {
  const key = deriveNodeKey(master, 'ticket', 'node-1', 'start-1');
  const verify = verifier([key], TicketClaims);

  it('carry their claims', () => {
    expect(verify(signer(key)(claims()))).toEqual({ ok: true, claims: claims() });
  });

  it.each([
    ['another node', deriveNodeKey(master, 'ticket', 'node-2', 'start-1')],
    ['another start', deriveNodeKey(master, 'ticket', 'node-1', 'start-2')],
    ['an unknown master', deriveNodeKey(older, 'ticket', 'node-1', 'start-1')],
  ])('signed for %s are refused', (_, other) => {
    expect(verify(signer(other)(claims()))).toEqual({ ok: false, fault: 'signature' });
  });

  it('are refused when expired, changed, unsigned or with foreign claims', () => {
    expect(verify(signer(key)(claims({ exp: now() - 1 })))).toEqual({ ok: false, fault: 'expired' });
    const [head, body, signature] = signer(key)(claims()).split('.');
    const forged = Buffer.from(JSON.stringify(claims({ sub: 'mallory' }))).toString('base64url');
    expect(verify(`${head}.${forged}.${signature}`).ok).toBe(false);
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT', kid: key.kid })).toString('base64url');
    expect(verify(`${none}.${body}.`).ok).toBe(false);
    expect(verify(signer(key)({ iat: now(), exp: now() + 9 }))).toEqual({ ok: false, fault: 'claims' });
    for (const junk of ['', 'x', 'a.b.c', '..', 'null', `${head}.${body}`]) expect(verify(junk).ok).toBe(false);
  });

  it('of either key are valid while a master is rotated', () => {
    const old = deriveNodeKey(older, 'ticket', 'node-1', 'start-1');
    const both = verifier([key, old], TicketClaims);
    expect(both(signer(key)(claims())).ok).toBe(true);
    expect(both(signer(old)(claims())).ok).toBe(true);
    expect(peek(signer(old)(claims()))?.kid).toBe(older.kid);
  });
});

describe('agent tokens', () => {
  const pair = () =>
    generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
  const mine = pair();
  const claim = { sub: 'balancer-a', aud: 'node-1', iat: now(), exp: now() + 30 };

  it('are accepted under the public key only', () => {
    const token = ed25519Signer(mine.privateKey)(claim);
    expect(ed25519Verifier([mine.publicKey], AgentClaims)(token)).toEqual({ ok: true, claims: claim });
    expect(ed25519Verifier([pair().publicKey], AgentClaims)(token)).toEqual({ ok: false, fault: 'signature' });
    expect(ed25519Verifier([pair().publicKey, mine.publicKey], AgentClaims)(token).ok).toBe(true);
  });
});
