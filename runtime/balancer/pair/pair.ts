import { randomBytes } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Logger } from 'pino';
import { Server } from 'socket.io';
import { type JoinCounts, type NodeName, PEER_PROTOCOL, type PeerView } from '../../core/protocol/peer';
import type { LeaseRegistry } from '../../registry/types';
import type { EventSink } from '../events';
import { LeasedOwnership } from './ownership';
import { ownerName, PeerLink, type PeerQuestions } from './peer';
import { peerTokens } from './peer-tokens';
import { SecondOpinion } from './second-opinion';

export interface PairOptions {
  readonly stack: string;
  readonly balancerId: string;
  /** One or two, newest first: Ed25519, PEM (PKCS 8). The peer holds the same, or will in a moment. */
  readonly agentKeys: () => readonly string[];
  /** The peer's private port; null: there is no other balancer. */
  readonly peerUrl: string | null;
  /** Finds the peer's host anew for each connection. @default by DNS */
  readonly peerLookup?: LookupFunction | undefined;
  readonly leases: ReadonlyMap<string, LeaseRegistry>;
  readonly home: readonly string[];
  /** How long a lease lasts that is not renewed, in milliseconds. */
  readonly leaseTtlMs: number;
  /** How long a returned peer must be there before it gets its clusters back, in milliseconds. */
  readonly steadyMs: number;
  /** Whether we rely on the registry. */
  readonly answers: () => boolean;
  /** See `PeerLinkOptions`. */
  readonly placing: () => boolean;
  readonly questions: PeerQuestions;
  /** Whether our own watch sees every cluster. */
  readonly ready: () => boolean;
  /** Whether a node may be alive, as far as we know: see `mayBeAlive`. */
  readonly hears: (cluster: string, nodeId: string) => boolean;
  /** What this balancer has counted. @default nothing */
  readonly joins?: () => JoinCounts[];
  readonly events: EventSink;
  readonly log: Logger;
}

export interface Pair {
  readonly ownership: LeasedOwnership;
  readonly secondOpinion: Pick<SecondOpinion, 'agrees'>;
  /** Null: there is no other balancer. */
  readonly peer: PeerLink | null;
  /** Serves the peer on our private port. */
  serve(server: HttpServer): void;
  stop(): Promise<void>;
}

/** Period of the questions to the peer, in milliseconds. */
const PING_MS = 500;
/** Three questions without an answer: the peer is silent. */
const PEER_SILENT_MS = 1_500;
/** How long a cluster that nobody ever owned waits for a silent home balancer, in milliseconds. */
const START_GRACE_MS = 5_000;
/** Looks at a lease in its time to live: five may fail before it runs out. */
const LOOKS = 6;
/** The share of the lease's time to live that is kept for clocks of different speed. */
const MARGIN_SHARE = 1 / 6;
/** A connection over which nothing comes is given up after the sum of these, in milliseconds. */
const HEARTBEAT = { pingInterval: 2_000, pingTimeout: 3_000 };
/** The largest message, in bytes. */
const MOST_BYTES = 10_000_000;

/** This balancer's half of the pair: its leases, and its eye on the other. */
export function startPair(options: PairOptions): Pair {
  const { stack, balancerId, home, leaseTtlMs, events, log } = options;
  const startId = randomBytes(9).toString('hex');
  const view = (): PeerView => ({
    ...{ v: PEER_PROTOCOL, balancerId, startId, home: [...home] },
    ...{ canRenew: ownership.canRenew, answers: options.answers() },
    ...{ ready: options.ready(), claims: ownership.claims },
    ...(options.joins && { joins: options.joins() }),
  });
  const secondOpinion = new SecondOpinion(
    () => link?.there ?? false,
    () => performance.now(),
  );
  const link =
    options.peerUrl === null
      ? null
      : new PeerLink({
          ...{ url: options.peerUrl, lookup: options.peerLookup, view, events, log },
          tokens: peerTokens(stack, balancerId, options.agentKeys),
          config: { pingMs: PING_MS, silentMs: PEER_SILENT_MS, steadyMs: options.steadyMs },
          heard: (nodes: readonly NodeName[]) => nodes.filter(({ cluster, nodeId }) => options.hears(cluster, nodeId)),
          silent: () => secondOpinion.questions(),
          placing: options.placing,
          questions: options.questions,
          onOpinion: (asked, heard) => secondOpinion.answered(asked, heard),
          onNews: () => ownership.look(),
        });
  const ownership = new LeasedOwnership({
    ...{ me: ownerName({ balancerId, startId }), leases: options.leases, home, events, log },
    config: {
      ttlMs: leaseTtlMs,
      marginMs: leaseTtlMs * MARGIN_SHARE,
      peerSilentMs: PEER_SILENT_MS,
      startGraceMs: START_GRACE_MS,
    },
    renewMs: leaseTtlMs / LOOKS,
    peer: (cluster) => link?.leasePeer(cluster) ?? null,
  });
  let io: Server | undefined;
  return {
    ownership,
    secondOpinion,
    peer: link,
    serve: (server) => {
      if (link === null) return;
      io = new Server(server, {
        transports: ['websocket'],
        serveClient: false,
        maxHttpBufferSize: MOST_BYTES,
        ...HEARTBEAT,
      });
      link.serve(io);
    },
    stop: async () => {
      ownership.retire();
      await link?.ask();
      await ownership.stop();
      link?.stop();
      // Else the private server waits for the other balancer to close its end.
      io?.engine.close();
    },
  };
}
