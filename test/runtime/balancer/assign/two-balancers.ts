import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import Redis from 'ioredis';
import { io as connect, type Socket } from 'socket.io-client';
import { z } from 'zod';
import { type Balancer, startBalancer } from '../../../../runtime/balancer/balancer';
import { BalancerEnv } from '../../../../runtime/balancer/env';
import { createGameServer } from '../../../../runtime/game';
import { freePort } from '../../../../runtime/local/port';
import { gatheredKeys, leaseKeys, seatKeys } from '../../../../runtime/registry/keys';
import { deriveNodeKey, parseMasterKeys } from '../../../../runtime/tickets/keys';
import { signer } from '../../../../runtime/tickets/tokens';
import { eventually } from '../../../support/eventually';
import { testStack } from '../../../support/redis';
import { TcpProxy } from '../../../support/tcp-proxy';
import { OwnRedis } from '../../lobby/own-redis';
import { instance, ListedFleet, realNode, silentLog } from '../support';

const Place = z.object({ nodeId: z.string(), endpoint: z.string(), ticket: z.string() });
export type Place = z.infer<typeof Place>;

const Clusters = z.object({
  clusters: z.array(
    z.object({
      cluster: z.string(),
      nodes: z.array(z.object({ nodeId: z.string(), health: z.string(), pending: z.number().nullable() })),
    }),
  ),
});

const NODES = { lobby: ['lobby-1', 'lobby-2'], game: ['game-1', 'game-2', 'game-3'] };

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export const codeOf = ({ body }: Answer): unknown => JSON.parse(body).error?.code;

/** One of the two: its API, and its own way to Redis. */
export class Half {
  readonly proxy: TcpProxy;
  readonly #balancer: Balancer;

  constructor(balancer: Balancer, proxy: TcpProxy) {
    this.#balancer = balancer;
    this.proxy = proxy;
  }

  join(playerId: string, key?: string): Promise<Answer> {
    return this.#post('/v1/lobby', { playerId }, key);
  }

  start(token: string): Promise<Answer> {
    return this.#post('/v1/rooms/r1/start', { matchToken: token });
  }

  /** As a client does it: comes again while it is told to. */
  async started(token: string): Promise<Place> {
    const given = async () => {
      const answer = await this.start(token);
      return answer.status === 200 && answer;
    };
    return Place.parse(JSON.parse((await eventually('the room has a place', given, 15_000)).body));
  }

  async ready(): Promise<boolean> {
    return (await fetch(`http://127.0.0.1:${this.#balancer.privatePort}/readyz`)).status === 200;
  }

  async nodes(cluster: string) {
    const response = await fetch(`http://127.0.0.1:${this.#balancer.port}/v1/clusters`, {
      headers: { authorization: 'Bearer key' },
    });
    return Clusters.parse(await response.json()).clusters.find((each) => each.cluster === cluster)?.nodes ?? [];
  }

  async #post(path: string, body: object, key?: string): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${this.#balancer.port}${path}`, {
      method: 'POST',
      headers: {
        ...{ authorization: 'Bearer key', 'content-type': 'application/json' },
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.text() };
  }
}

/**
 * Two balancers in this process, each with a proxy of its own to a Redis of the test's own, two lobby and three game nodes. `lobby`
 * is at home in the lobby, `game` in the game. Everything ends with `close`.
 */
export class TwoBalancers {
  readonly redis: OwnRedis;
  readonly lobby: Half;
  readonly game: Half;
  readonly #stack: string;
  readonly #admin: Redis;
  readonly #masterKeys: string;
  readonly #undo: (() => unknown)[];

  private constructor(
    own: { redis: OwnRedis; stack: string; masterKeys: string },
    halves: readonly [Half, Half],
    undo: (() => unknown)[],
  ) {
    this.redis = own.redis;
    this.#stack = own.stack;
    this.#masterKeys = own.masterKeys;
    [this.lobby, this.game] = halves;
    this.#undo = undo;
    this.#admin = new Redis(own.redis.url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
    this.#admin.on('error', () => undefined);
    undo.push(() => this.#admin.disconnect());
  }

  /** Resolves when both rely on the registry, own their homes, and see every node. */
  static async start(): Promise<TwoBalancers> {
    const undo: (() => unknown)[] = [];
    const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const redis = await OwnRedis.create();
    undo.push(() => redis.remove());
    await redis.start();
    const instances: ReturnType<typeof instance>[] = [];
    for (const nodeId of NODES.lobby) {
      const node = await realNode(nodeId, publicKey, { cluster: 'lobby' });
      undo.push(() => node.stop());
      instances.push(instance(nodeId, node.url, { cluster: 'lobby' }));
    }
    for (const nodeId of NODES.game) {
      const agent = { nodeId, cluster: 'game', version: 'v1', capacity: 100, publicKeys: [publicKey] };
      const node = await createGameServer({ agent });
      undo.push(() => node.stop());
      instances.push(instance(nodeId, `http://127.0.0.1:${node.port}`));
    }
    const fleet = new ListedFleet([]);
    const FLEET = Object.assign(fleet, {
      describe: async (cluster: string) => instances.filter((each) => each.cluster === cluster),
    });
    const masterKeys = randomBytes(32).toString('hex');
    const ports = { lobby: await freePort(0), game: await freePort(0) };
    const stack = testStack();
    const half = async (home: 'lobby' | 'game', other: 'lobby' | 'game') => {
      const proxy = await TcpProxy.start({ path: redis.url });
      undo.push(() => proxy.close());
      const env = BalancerEnv.parse({
        ...{ STACK: stack, BALANCER_ID: home, HOST: '127.0.0.1', PORT: '0', MASTER_KEYS: masterKeys, API_KEYS: 'key' },
        AGENT_PRIVATE_KEY: Buffer.from(privateKey).toString('base64'),
        ...{ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, FLEET: 'local:http://:token@127.0.0.1:1' },
        // The polls' own time limit is long enough for a busy machine: a suspect node would be another test.
        ...{ POLL_MS: '1000', LEASE_TTL_MS: '1500', STEADY_MS: '600', SCALING: '{"lobby":null,"game":null}' },
        ...{ HOME_CLUSTERS: home, PRIVATE_PORT: String(ports[home]), PEER_URL: `http://127.0.0.1:${ports[other]}` },
      });
      const balancer = await startBalancer({ ...env, FLEET }, silentLog);
      undo.push(() => balancer.stop());
      return new Half(balancer, proxy);
    };
    const world = new TwoBalancers(
      { redis, stack, masterKeys },
      [await half('lobby', 'game'), await half('game', 'lobby')],
      undo,
    );
    await eventually('everything is there', () => world.whole(), 20_000).catch(async (error) => {
      await world.close();
      throw error;
    });
    return world;
  }

  /** Both are ready and own their homes, and the registry places players and rooms on every node. */
  async whole(): Promise<boolean> {
    for (const cluster of ['lobby', 'game'] as const) {
      const owner = await this.#admin.get(leaseKeys(this.#stack, cluster).lease);
      const nodes = await this.#admin.zcard(seatKeys(this.#stack, cluster).load);
      if (owner?.startsWith(`${cluster}/`) !== true || nodes !== NODES[cluster].length) return false;
    }
    if ((await this.#admin.exists(gatheredKeys(this.#stack, 'game').gathered)) === 0) return false;
    for (const each of [this.lobby, this.game]) {
      if (!(await each.ready())) return false;
      const nodes = [...(await each.nodes('lobby')), ...(await each.nodes('game'))];
      if (nodes.length !== 5 || nodes.some(({ health, pending }) => health !== 'green' || pending === null))
        return false;
    }
    return true;
  }

  /** One player after the other, on both balancers: each gets a place, if not at once (a node may be busy), and nobody hears of Redis. */
  async joinsWork(): Promise<void> {
    for (let player = 0; player < 10; player++) {
      for (const half of [this.lobby, this.game]) {
        const codes: unknown[] = [];
        await eventually('a place is given', async () => {
          const answer = await half.join(`p${player}`);
          if (answer.status !== 200) codes.push(codeOf(answer));
          return answer.status === 200;
        });
        expect(codes.filter((each) => each !== 'BUSY')).toEqual([]);
      }
    }
  }

  /** Redis becomes a replica, of nothing that answers, or a primary again. */
  async readOnly(on: boolean): Promise<void> {
    await (on ? this.#admin.replicaof('127.0.0.1', 1) : this.#admin.replicaof('NO', 'ONE'));
  }

  /** What the lobby signed for a member of room r1. */
  token(playerId: string): string {
    const [master] = parseMasterKeys(this.#masterKeys);
    if (master === undefined) throw new Error('a key is expected');
    const iat = Math.floor(Date.now() / 1_000);
    const room = { id: 'r1', mode: 'battle', members: ['ann', 'bob', 'cy', 'dee'] };
    const sign = signer(deriveNodeKey(master, 'match', 'lobby-1', 's1'));
    return sign({ iss: 'lobby-1', st: 's1', sub: playerId, iat, exp: iat + 600, room });
  }

  /** A player who goes where the ticket leads, and into the room. */
  async plays({ endpoint, ticket }: Place): Promise<Socket> {
    const socket = connect(endpoint, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      query: { ticket },
    });
    this.#undo.push(() => socket.disconnect());
    let joined = false;
    socket.on('JOINED', () => {
      joined = true;
    });
    socket.on('connect', () => socket.emit('CONNECT', { room_id: 'r1' }));
    await eventually('the player is in the room', () => joined);
    return socket;
  }

  async close(): Promise<void> {
    for (const step of this.#undo.splice(0).reverse()) await step();
  }
}
