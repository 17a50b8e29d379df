import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { GivenKeys } from '../../../runtime/agent/given-keys';
import type { KeysRequest } from '../../../runtime/core/protocol/agent';

const pem = () => generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
const [FIRST, SECOND] = [pem(), pem()];

/** Keys of these generations, newest first. */
function keys(from: string, ...kids: string[]): KeysRequest {
  const of = kids.map((kid) => ({ kid, key: 'k'.repeat(43) }));
  return { v: 1, from, ticket: of, match: of };
}

const kids = (given: GivenKeys) => given.tickets.map(({ kid }) => kid).sort();

it('accepts what either balancer gave last, so that they may learn of a new key at different moments', () => {
  const given = new GivenKeys();
  given.take(keys('a', '1'));
  given.take(keys('b', '1'));
  expect(kids(given)).toEqual(['1']);
  given.take(keys('a', '2', '1'));
  given.take(keys('b', '1'));
  expect(kids(given)).toEqual(['1', '2']);
  given.take(keys('b', '2', '1'));
  given.take(keys('a', '3', '2'));
  given.take(keys('b', '3', '2'));
  expect(kids(given)).toEqual(['2', '3']);
});

it('signs match tokens with the newest key that both balancers have', () => {
  const given = new GivenKeys();
  expect(given.match).toBeNull();
  given.take(keys('b', '1', '0'));
  given.take(keys('a', '2', '1'));
  expect(given.match?.kid).toBe('1');
  given.take(keys('b', '2', '1'));
  expect(given.match?.kid).toBe('2');
});

it('signs with a key of the one who spoke last when they have none in common', () => {
  const given = new GivenKeys();
  given.take(keys('a', '1'));
  given.take(keys('b', '2'));
  expect(given.match?.kid).toBe('2');
});

it('forgets balancers of long ago', () => {
  const given = new GivenKeys();
  for (const id of ['a', 'b', 'c', 'd', 'e']) given.take(keys(id, id));
  expect(kids(given)).toEqual(['b', 'c', 'd', 'e']);
});

it('knows balancers by all public keys that they gave, and refuses what is none without changing anything', () => {
  const given = new GivenKeys();
  given.take({ ...keys('a', '1'), agents: [FIRST] });
  given.take({ ...keys('b', '1'), agents: [SECOND, FIRST] });
  expect([...given.agents].sort()).toEqual([FIRST, SECOND].sort());
  expect(() => given.take({ ...keys('a', '2'), agents: ['nonsense'] })).toThrow('agents: one or two Ed25519');
  expect(kids(given)).toEqual(['1']);
});
