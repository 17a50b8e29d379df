import { Agent } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import { io as connect, type Socket } from 'socket.io-client';
import type { LeasePeer } from '../../core/lease';
import { INITIAL_PEER, isSteady, type PeerConfig, type PeerState, stepPeer } from '../../core/peer';
import { type NodeName, PEER_NAMESPACE, PeerReply, PeerRequest, type PeerView } from '../../core/protocol/peer';
import { Complaints, messageOf } from '../complaints';
import type { EventSink } from '../events';
import type { PeerTokens } from './peer-tokens';

export interface PeerLinkOptions {
  /** The peer's private port, e.g. `http://10.0.1.7:9090`. */
  readonly url: string;
  /** Finds the URL's host anew for each connection. @default by DNS */
  readonly lookup?: LookupFunction | undefined;
  readonly tokens: PeerTokens;
  readonly config: PeerConfig;
  /** How we are. */
  readonly view: () => PeerView;
  /** Whether we place rooms from memory; see `PeerRequest`. */
  readonly placing: () => boolean;
  /** What else the peer may ask, by the name of the question; an answer that rejects is not given. @default nothing */
  readonly questions?: PeerQuestions;
  /** Which of these nodes we have heard of within `redAfter`. */
  readonly heard: (nodes: readonly NodeName[]) => NodeName[];
  /** What to ask the peer about nodes, and where its answer goes. */
  readonly silent: () => NodeName[];
  readonly onOpinion: (asked: readonly NodeName[], heard: readonly NodeName[]) => void;
  /** Called when the peer came or restarted, and when it fell silent. */
  readonly onNews: () => void;
  readonly events: EventSink;
  readonly log: Logger;
}

/** Answers to questions of the peer, whose payloads come as they are. */
export type PeerQuestions = Readonly<Record<string, (payload: unknown) => Promise<object>>>;

/** Reconnection backoff, in milliseconds, with jitter: the peer's return is to be noticed soon. */
const BACKOFF = { min: 100, max: 500 };
const CONNECT_TIMEOUT_MS = 1_000;

/**
 * Watches the other balancer. Each dials the other's private port and asks every `pingMs`; both questions and answers carry a view,
 * and either tells that the peer lives, so that a connection that works one way only alarms nobody.
 */
export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #complaints: Complaints;
  readonly #socket: Socket;
  readonly #beat: NodeJS.Timeout;
  #state: PeerState = INITIAL_PEER;
  #view: PeerView | null = null;
  /** As it answered last: questions of its own may have been overtaken. */
  #answer: PeerView | null = null;
  #heard = false;
  #placing = false;
  /** When the last question that was answered was asked, monotonic. */
  #agreedMs = Number.NEGATIVE_INFINITY;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
    this.#complaints = new Complaints(options.log);
    this.#socket = connect(`${options.url.replace(/\/$/, '')}${PEER_NAMESPACE}`, {
      transports: ['websocket'],
      ...(options.lookup && { transportOptions: { websocket: { agent: new Agent({ lookup: options.lookup }) } } }),
      forceNew: true,
      timeout: CONNECT_TIMEOUT_MS,
      reconnectionDelay: BACKOFF.min,
      reconnectionDelayMax: BACKOFF.max,
      auth: (give) => give({ tokens: options.tokens.sign() }),
    });
    this.#socket.on('connect', () => void this.ask());
    this.#socket.on('connect_error', (error) => {
      this.#complain(`the other balancer cannot be asked: ${error.message}`);
      this.#connectLater();
    });
    this.#socket.on('disconnect', () => this.#connectLater());
    this.#beat = setInterval(() => this.#period(), options.config.pingMs);
  }

  /** Serves the peer's questions on our own private port. */
  serve(io: Server): void {
    const namespace = io.of(PEER_NAMESPACE);
    namespace.use((socket, next) => {
      const fault = this.#options.tokens.check(socket.handshake.auth.tokens);
      next(fault === null ? undefined : new Error(fault));
    });
    namespace.on('connection', (socket) => {
      socket.on('view', (payload: unknown, acknowledge: unknown) => {
        const request = PeerRequest.safeParse(payload);
        if (!request.success || typeof acknowledge !== 'function' || this.#stopped) return;
        this.#hear(request.data.view);
        this.#placing = request.data.placing;
        const reply: PeerReply = { view: this.#options.view(), heard: this.#options.heard(request.data.silent) };
        acknowledge(reply);
      });
      for (const [question, answer] of Object.entries(this.#options.questions ?? {})) {
        socket.on(question, (payload: unknown, acknowledge: unknown) => {
          if (typeof acknowledge !== 'function' || this.#stopped) return;
          answer(payload).then(
            (reply) => void acknowledge(reply),
            (error) =>
              this.#options.log.debug({ question, reason: messageOf(error) }, 'a question of the peer has no answer'),
          );
        });
      }
    });
  }

  /** Another question. Rejects when the peer gives no answer within `timeoutMs`. */
  async question(name: string, payload: object, timeoutMs: number): Promise<unknown> {
    if (!this.#socket.connected) throw new Error('the other balancer cannot be asked');
    return this.#socket.timeout(timeoutMs).emitWithAck(name, payload);
  }

  /** Whether it places rooms from memory, as it last said, or as it was agreed. */
  get placing(): boolean {
    return this.#placing;
  }

  /** We have agreed that it places rooms from memory: so it is until it says otherwise. */
  agreed(): void {
    this.#placing = true;
  }

  /** How long ago the peer certainly heard us, in milliseconds. */
  get heardUsMs(): number {
    return performance.now() - this.#agreedMs;
  }

  /** Whether it relies on the registry, as it last said. */
  get answers(): boolean {
    return this.#view?.answers === true;
  }

  /** How it was when it last said so; null: never yet. */
  get view(): PeerView | null {
    return this.#view;
  }

  /** Whether it answers. */
  get there(): boolean {
    return this.#view !== null && this.#state.silentMs < this.#options.config.silentMs;
  }

  /** What decides about the lease of one cluster. */
  leasePeer(cluster: string): LeasePeer {
    const view = this.#view;
    return {
      silentMs: this.#state.silentMs,
      steady: isSteady(this.#state, performance.now(), this.#options.config),
      deniedAgoMs: claimIn(this.#answer, cluster) === 0 ? this.heardUsMs : Number.POSITIVE_INFINITY,
      view: view && {
        owner: ownerName(view),
        home: view.home.includes(cluster),
        canRenew: view.canRenew,
        claim: claimIn(view, cluster) ?? 0,
      },
    };
  }

  /** Asks now, and tells how we are; resolves when the peer knows, or after a second. Never rejects. */
  async ask(): Promise<void> {
    if (!this.#socket.connected) return;
    const { config, silent, view, onOpinion } = this.#options;
    const request: PeerRequest = { view: view(), placing: this.#options.placing(), silent: silent() };
    const askedMs = performance.now();
    try {
      const answer: unknown = await this.#socket.timeout(2 * config.pingMs).emitWithAck('view', request);
      const reply = PeerReply.parse(answer);
      if (this.#stopped) return;
      this.#agreedMs = askedMs;
      this.#answer = reply.view;
      this.#hear(reply.view);
      onOpinion(request.silent, reply.heard);
      this.#complaints.settle('peer');
    } catch (error) {
      this.#complain(`the other balancer does not answer: ${messageOf(error)}`);
    }
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#beat);
    clearTimeout(this.#retry);
    this.#socket.disconnect();
  }

  #period(): void {
    const { config } = this.#options;
    const before = this.there;
    const fit = this.#view?.canRenew === true && this.#view.ready;
    const sample = { heard: this.#heard, startId: this.#view?.startId ?? null, fit };
    this.#state = stepPeer(this.#state, sample, performance.now(), config);
    this.#heard = false;
    if (before && !this.there) this.#tell('peer-silent', `it has not answered for ${this.#state.silentMs} ms`);
    void this.ask();
  }

  #hear(view: PeerView): void {
    const { view: own } = this.#options;
    if (view.balancerId === own().balancerId) {
      this.#complaints.raise(
        'peer',
        `the peer's id is ours (${view.balancerId}): PEER_URL is to lead to the other balancer`,
      );
      return;
    }
    const known = this.#view;
    const news = known === null || !this.there || known.startId !== view.startId;
    // An earlier start's word is over with it.
    if (known?.startId !== view.startId) this.#placing = false;
    this.#view = view;
    this.#heard = true;
    this.#state = { ...this.#state, silentMs: 0 };
    if (!news) return;
    this.#tell(known === null ? 'peer-there' : 'peer-back', `${view.balancerId} answers`);
  }

  /** Not at once: when both start, one is always first. */
  #complain(message: string): void {
    if (!this.#stopped && this.#state.silentMs >= this.#options.config.silentMs)
      this.#complaints.raise('peer', message);
  }

  #tell(kind: string, reason: string): void {
    this.#options.events.emit({ kind, reason, details: { peer: this.#view?.balancerId ?? null } });
    this.#options.onNews();
  }

  /** Refused by the namespace, or closed by the server: unlike after a broken connection, socket.io does not try again by itself. */
  #connectLater(): void {
    clearTimeout(this.#retry);
    if (this.#stopped || this.#socket.active) return;
    this.#retry = setTimeout(() => this.#socket.connect(), BACKOFF.max * (0.5 + Math.random() / 2));
  }
}

/** The epoch under which it was the last owner, as far as it knows; 0: it was not; null: it has not said anything. */
function claimIn(view: PeerView | null, cluster: string): number | null {
  return view && (view.claims.find((claim) => claim.cluster === cluster)?.epoch ?? 0);
}

/** A balancer's name in leases: an earlier start of it is somebody else. */
export function ownerName({ balancerId, startId }: Pick<PeerView, 'balancerId' | 'startId'>): string {
  return `${balancerId}/${startId}`;
}

/** The balancer's id in its name in leases. */
export function balancerOf(owner: string): string {
  return owner.slice(0, owner.lastIndexOf('/'));
}
