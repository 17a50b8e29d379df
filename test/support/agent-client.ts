import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import {
  AGENT_NAMESPACE,
  AGENT_PROTOCOL,
  HelloReply,
  type KeysRequest,
  type Order,
  OrderReply,
  StatsReply,
} from '../../runtime/core/protocol/agent';
import type { SessionEvent } from '../../runtime/core/protocol/events';
import type { TicketClaims } from '../../runtime/core/protocol/ticket';
import { deriveNodeKey, parseMasterKeys } from '../../runtime/tickets/keys';
import { ed25519Signer, signer } from '../../runtime/tickets/tokens';

/** What a balancer does to a node, without the balancer: keys, the agent channel, tickets. Everything made here is new at each call. */
export class TestBalancer {
  readonly publicKey: string;
  readonly #sign: (claims: object) => string;
  readonly #master = parseMasterKeys(randomBytes(32).toString('hex'));

  constructor() {
    const pair = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    this.publicKey = pair.publicKey;
    this.#sign = ed25519Signer(pair.privateKey);
  }

  agentToken(nodeId: string, ttlSeconds = 30): string {
    const iat = Math.floor(Date.now() / 1_000);
    return this.#sign({ sub: 'balancer-test', aud: nodeId, iat, exp: iat + ttlSeconds });
  }

  /** The master keys, newest first: what `NodeTokens` and `deriveNodeKey` take. */
  get masterKeys() {
    return this.#master;
  }

  keysFor(node: { readonly nodeId: string; readonly startId: string }): KeysRequest {
    const keys = (use: 'ticket' | 'match') =>
      this.#master.map((master) => deriveNodeKey(master, use, node.nodeId, node.startId));
    return { v: AGENT_PROTOCOL, ticket: keys('ticket'), match: keys('match') };
  }

  /** A ticket for this start of this node; `over` changes the claims before they are signed. */
  ticket(
    node: { readonly nodeId: string; readonly startId: string },
    playerId: string,
    over: Partial<TicketClaims> = {},
  ): string {
    const [key] = this.keysFor(node).ticket;
    if (key === undefined) throw new Error('a ticket key is expected');
    const iat = Math.floor(Date.now() / 1_000);
    const jti = randomBytes(8).toString('hex');
    const { nodeId: aud, startId: st } = node;
    return signer(key)({ jti, rid: `rid-${jti}`, sub: playerId, aud, st, iat, exp: iat + 30, ...over });
  }

  /** Opens the agent channel and says hello; brings the keys unless told not to. */
  async connect(url: string, nodeId: string, options: { keys?: boolean } = {}): Promise<AgentChannel> {
    const socket = io(`${url}${AGENT_NAMESPACE}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      query: { agent: this.agentToken(nodeId) },
    });
    await opened(socket);
    const channel = new AgentChannel(socket, HelloReply.parse(await socket.emitWithAck('hello')));
    if (options.keys !== false) await channel.ask('keys', this.keysFor(channel.hello));
    return channel;
  }
}

/** The balancer's end of one agent connection. */
export class AgentChannel {
  readonly socket: Socket;
  readonly hello: HelloReply;

  constructor(socket: Socket, hello: HelloReply) {
    this.socket = socket;
    this.hello = hello;
  }

  /** Any event with any payload, for malformed ones too. */
  ask(event: string, payload: unknown): Promise<unknown> {
    return this.socket.timeout(5_000).emitWithAck(event, payload);
  }

  async stats(cursor = 0): Promise<StatsReply> {
    return StatsReply.parse(await this.ask('stats', { v: AGENT_PROTOCOL, cursor }));
  }

  /** `order({ kind: 'drain' }, epoch)` and so on. */
  async order(order: OrderBody, epoch = 1): Promise<OrderReply> {
    return OrderReply.parse(await this.ask('order', { v: AGENT_PROTOCOL, epoch, ...order }));
  }

  close(): void {
    this.socket.disconnect();
  }
}

type OrderBody = Order extends infer O ? (O extends Order ? Omit<O, 'v' | 'epoch'> : never) : never;

/** A player's connection, with the session that the node announced. Rejects with the node's refusal. */
export async function connectPlayer(
  url: string,
  query: Record<string, string>,
): Promise<{ socket: Socket; session: SessionEvent }> {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, query });
  const session = new Promise<SessionEvent>((resolve) => socket.once('SESSION', resolve));
  await opened(socket);
  return { socket, session: await session };
}

/** The next event of this name. */
export function nextEvent<T = unknown>(socket: Socket, event: string, withinMs = 5_000): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} within ${withinMs} ms`)), withinMs);
    socket.once(event, (payload: T) => {
      clearTimeout(timer);
      resolve(payload);
    });
  });
}

function opened(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', (error) => {
      socket.disconnect();
      reject(error);
    });
  });
}
