import { type AssignerOptions, RegistryAssigner } from '../../../../runtime/balancer/assign/assigner';
import type { FleetEvent } from '../../../../runtime/balancer/events';
import { LiveView } from '../../../../runtime/balancer/watch/view';
import { TicketClaims } from '../../../../runtime/core/protocol/ticket';
import type { NodeSnapshot } from '../../../../runtime/core/snapshot';
import { RedisMatchQueue, RedisRooms, RedisSeats } from '../../../../runtime/registry';
import type { NodeUpdate } from '../../../../runtime/registry/types';
import { deriveNodeKey, type MasterKey, parseMasterKeys } from '../../../../runtime/tickets/keys';
import { NodeTokens } from '../../../../runtime/tickets/node-tokens';
import { signer, verifier } from '../../../../runtime/tickets/tokens';
import { testRedis, testStack } from '../../../support/redis';
import { nodeUpdate, roomsGathered } from '../../registry/seats-support';

export const TTL_MS = 15_000;
export const members = ['ann', 'bob', 'cy', 'dee'];

function masterKey(digits: string): MasterKey {
  const [key] = parseMasterKeys(digits.repeat(32));
  if (key === undefined) throw new Error('a key expected');
  return key;
}
export const master = masterKey('ab');
export const older = masterKey('cd');
export const foreign = masterKey('ef');

/** An assigner over a registry of its own on the run's Redis; what our own polls see is published by hand. */
export class Bench {
  readonly redis = testRedis();
  readonly lobby: RedisSeats;
  readonly game: RedisSeats;
  readonly rooms: RedisRooms;
  readonly queue: RedisMatchQueue;
  readonly view = new LiveView(['lobby', 'game']);
  readonly refused: string[] = [];
  readonly events: FleetEvent[] = [];
  readonly options: AssignerOptions;
  readonly assigner: RegistryAssigner;

  constructor() {
    const stack = testStack();
    this.lobby = new RedisSeats(this.redis, stack, 'lobby');
    this.game = new RedisSeats(this.redis, stack, 'game');
    this.rooms = new RedisRooms(this.redis, stack, 'game');
    this.queue = new RedisMatchQueue({ redis: this.redis, stack, cluster: 'lobby' });
    this.options = {
      lobby: { cluster: 'lobby', seats: this.lobby },
      game: { cluster: 'game', seats: this.game, rooms: this.rooms },
      matchQueue: this.queue,
      view: this.view,
      tokens: new NodeTokens([master, older]),
      events: { emit: (event) => void this.events.push(event) },
      onRefused: (cluster, code) => void this.refused.push(`${cluster} ${code}`),
      ticketTtlMs: TTL_MS,
    };
    this.assigner = new RegistryAssigner(this.options);
  }

  /** Registry and own polls agree on these nodes; `over` is what the polls see differently. */
  async nodes(
    cluster: 'lobby' | 'game',
    of: readonly (string | NodeUpdate)[],
    over: Record<string, Partial<NodeSnapshot>> = {},
  ) {
    const updates = of.map((node) => (typeof node === 'string' ? nodeUpdate(node) : node));
    await this[cluster].refresh({ epoch: 0, nodes: updates });
    if (cluster === 'game') await roomsGathered(this.rooms);
    this.polled(cluster, updates, over);
  }

  polled(cluster: string, updates: readonly NodeUpdate[], over: Record<string, Partial<NodeSnapshot>> = {}) {
    const nodes = updates.map((update) => seen(update, over[update.nodeId]));
    this.view.publish({ cluster, atMs: 1, massFailure: false, nodes });
  }
}

function seen(update: NodeUpdate, over: Partial<NodeSnapshot> = {}): NodeSnapshot {
  const { nodeId, startId, endpoint, zone, version, connections, sessions, capacity, weight, window } = update;
  const of = { nodeId, startId, endpoint, zone, version, connections, sessions, capacity, weight, window };
  const rest = { pending: 0, loopDelayMs: 1, rssBytes: 1, launchedAtMs: 0, silentMs: 0 };
  return { ...of, ...rest, health: 'green', phase: 'open', ...over };
}

/** What the node reads in the ticket; fails when the ticket is not for this start of it. */
export function claimsOf(ticket: string, nodeId: string): TicketClaims {
  const verified = verifier([deriveNodeKey(older, 'ticket', nodeId, `${nodeId}-1`)], TicketClaims)(ticket);
  if (!verified.ok) throw new Error(`the ticket is refused: ${verified.fault}`);
  return verified.claims;
}

/** A match token as a lobby node signs it. */
export function matchToken(
  playerId: string,
  over: { room?: object; key?: MasterKey; iss?: string; exp?: number } = {},
): string {
  const iss = over.iss ?? 'lobby-1';
  const iat = Math.floor(Date.now() / 1000);
  const room = { id: 'r1', mode: 'battle', members, ...over.room };
  const claims = { iss, st: 's1', sub: playerId, iat, exp: over.exp ?? iat + 60, room };
  return signer(deriveNodeKey(over.key ?? master, 'match', iss, 's1'))(claims);
}

/** The error that a call is refused with. */
export function refusal(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'granted',
    (error) => error,
  );
}
