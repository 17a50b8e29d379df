import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { io as connect } from 'socket.io-client';
import { EventLog } from '../../../../runtime/balancer/events';
import { type Pair, type PairOptions, startPair } from '../../../../runtime/balancer/pair/pair';
import { peerTokens } from '../../../../runtime/balancer/pair/peer-tokens';
import { lookupBy } from '../../../../runtime/fleet/peer-address';
import { RedisLease, RegistryUnavailable } from '../../../../runtime/registry';
import type { LeaseRegistry } from '../../../../runtime/registry/types';
import { eventually } from '../../../support/eventually';
import { testRedis, testStack } from '../../../support/redis';
import { keptLog, silentLog, socketServer } from '../support';

const key = () =>
  generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey;
const privateKey = key();
const OTHER = [key()];
const redis = testRedis();
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});
afterAll(() => redis.disconnect());

/** A lease over Redis, to which the connection can be cut. */
class CutLease implements LeaseRegistry {
  cut = false;
  looks = 0;
  readonly #lease: RedisLease;

  constructor(stack: string) {
    this.#lease = new RedisLease(redis, stack, 'game');
  }

  read = () => {
    this.looks += 1;
    return this.#reach(() => this.#lease.read());
  };
  renew: LeaseRegistry['renew'] = (...args) => this.#reach(() => this.#lease.renew(...args));
  grant: LeaseRegistry['grant'] = (...args) => this.#reach(() => this.#lease.grant(...args));

  async #reach<T>(work: () => Promise<T>): Promise<T> {
    if (this.cut) throw new RegistryUnavailable(new Error('cut'));
    return work();
  }
}

interface Half {
  readonly pair: Pair;
  readonly lease: CutLease;
  readonly events: EventLog;
  readonly epoch: () => number | null;
}

/** Two halves of a pair in this process; the cluster's home is the first. Leases of 1.2 s, steady after 0.5 s. */
async function two(over: { b?: Partial<PairOptions> } = {}): Promise<{ a: Half; b: Half; stack: string; url: string }> {
  const stack = testStack();
  const servers = [createServer(), createServer()] as const;
  const urls = await Promise.all(
    servers.map(async (server) => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      undo.push(
        () => server.closeAllConnections(),
        () => server.close(),
      );
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }),
  );
  const half = (index: 0 | 1, more: Partial<PairOptions> = {}): Half => {
    const lease = new CutLease(stack);
    const events = new EventLog({ balancerId: `b${index + 1}`, now: Date.now });
    const pair = startPair({
      ...{ stack, balancerId: `b${index + 1}`, agentKeys: () => [privateKey], peerUrl: urls[1 - index] ?? null },
      ...{ leases: new Map([['game', lease]]), home: index === 0 ? ['game'] : [], leaseTtlMs: 1_200, steadyMs: 500 },
      ...{ answers: () => true, placing: () => false, questions: {} },
      ...{ ready: () => true, hears: () => false, events, log: silentLog, ...more },
    });
    pair.serve(servers[index]);
    undo.push(() => pair.stop());
    return { pair, lease, events, epoch: () => pair.ownership.epoch('game') };
  };
  return { a: half(0), b: half(1, over.b), stack, url: urls[0] ?? '' };
}

const owns = (half: Half) => eventually('it owns the cluster', half.epoch, 8_000);
const kinds = ({ events }: Half) => events.after(0, 100).map(({ kind }) => kind);

describe('two balancers', () => {
  it('give a cluster to its home; when that one cannot renew the other takes it, and gives it back', async () => {
    const { a, b } = await two();
    const first = await owns(a);
    expect(b.epoch()).toBeNull();
    expect(a.pair.ownership.remainingMs('game')).toBeGreaterThan(0);
    expect(b.pair.ownership.remainingMs('game')).toBe(0);

    a.lease.cut = true;
    const second = await owns(b);
    expect(a.epoch()).toBeNull();
    expect(second).toBeGreaterThan(first);
    expect(kinds(b)).not.toContain('peer-silent');

    a.lease.cut = false;
    const third = await owns(a);
    expect([third > second, b.epoch()]).toEqual([true, null]);
    expect(kinds(b)).toEqual(['peer-there', 'cluster-owned', 'cluster-handed-over']);
    expect(kinds(a)).toEqual(['peer-there', 'cluster-owned', 'cluster-lost', 'cluster-owned']);
  });

  it('leave a cluster alone while its lease is renewed, though they cannot hear each other', async () => {
    const { a, b } = await two({ b: { agentKeys: () => OTHER } });
    await owns(a);
    await eventually('it was looked at for longer than the lease and the silence last', () => b.lease.looks > 15);
    expect([a.epoch() !== null, b.epoch()]).toEqual([true, null]);
    expect(kinds(a)).toEqual(['cluster-owned']);
  });

  it('pass a cluster on without a gap when the owner ends in order', async () => {
    const { a, b } = await two();
    await owns(a);
    await eventually('they know each other', () => kinds(a).includes('peer-there') && kinds(b).includes('peer-there'));
    await a.pair.stop();
    expect([a.epoch(), kinds(a).at(-1)]).toEqual([null, 'cluster-handed-over']);
    await owns(b);
    expect(kinds(b)).toEqual(['peer-there', 'cluster-owned']);
  });

  it('take a node for dead only when both do (S1)', async () => {
    let hearing = true;
    const { a, b } = await two({ b: { hears: (_, nodeId) => hearing && nodeId === 'n1' } });
    await eventually('they know each other', () => kinds(a).includes('peer-there') && kinds(b).includes('peer-there'));
    const agrees = (nodeId: string) => a.pair.secondOpinion.agrees('game', nodeId);
    expect(agrees('n2')).toBe(false);
    await eventually('it agrees about one', () => agrees('n2') && !agrees('n1'));
    hearing = false;
    await eventually('it agrees about the other', () => agrees('n1'));
  });
});

describe('the peer channel', () => {
  it('finds a peer that has moved, as its address is asked for at each connection', async () => {
    const { io, port } = await socketServer();
    undo.push(() => io.close());
    let asked = 0;
    // The first answers are of before the move: nobody listens there any more.
    const lookup = lookupBy(async () => (++asked > 2 ? '127.0.0.1' : '127.0.0.2'));
    await two({ b: { peerUrl: `http://peer.invalid:${port}`, peerLookup: lookup } });
    await eventually('it is asked', () => io.engine.clientsCount > 0, 10_000);
  });

  it('opens both ways while one of them has not learned of the new key yet', async () => {
    const { a, b } = await two({ b: { agentKeys: () => [...OTHER, privateKey] } });
    await eventually('they know each other', () => kinds(a).includes('peer-there') && kinds(b).includes('peer-there'));
  });

  it('lets nobody in without a token for it, and survives nonsense', async () => {
    const { a, stack, url } = await two();
    const shown = [
      undefined,
      'x',
      peerTokens(stack, 'b2', () => OTHER).sign(),
      peerTokens('another', 'b2', () => [privateKey]).sign(),
    ];
    for (const tokens of shown) {
      const socket = connect(`${url}/peer`, {
        transports: ['websocket'],
        forceNew: true,
        reconnection: false,
        auth: { tokens },
      });
      const refusal = await new Promise<Error>((resolve) => socket.once('connect_error', resolve));
      expect(refusal.message).toMatch(/token/);
      socket.disconnect();
    }
    const tokens = peerTokens(stack, 'b2', () => [privateKey]).sign();
    const socket = connect(`${url}/peer`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: { tokens },
    });
    undo.push(() => socket.disconnect());
    await eventually('it is let in', () => socket.connected);
    for (const nonsense of [undefined, 7, { view: {} }, { view: null, silent: 'x' }]) socket.emit('view', nonsense);
    await expect(socket.timeout(200).emitWithAck('view', { view: 1 })).rejects.toThrow();
    await owns(a);
  });

  it('says that it leads to the balancer itself', async () => {
    const { log, lines } = keptLog();
    await two({ b: { balancerId: 'b1', log } });
    await eventually('it is said', () => lines.some(({ msg }) => msg.includes('PEER_URL is to lead to the other')));
  });

  it('alone, owns everything at once', async () => {
    const { b } = await two({ b: { peerUrl: null, stack: testStack() } });
    await owns(b);
  });
});
