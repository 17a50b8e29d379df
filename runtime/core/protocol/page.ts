import type { Health } from '../snapshot';
import type { Phase } from './agent';

/** Version of the messages between a balancer and its live page; a page of another version loads itself anew. */
export const PAGE_PROTOCOL = 1;

/** A node as the page shows it. */
export interface PageNode {
  readonly id: string;
  readonly zone: string;
  readonly version: string;
  readonly health: Health;
  readonly phase: Phase;
  /** Its machine goes away within minutes. */
  readonly leaving: boolean;
  readonly connections: number;
  /** Sessions and reservations. */
  readonly load: number;
  readonly capacity: number;
  /** Event-loop delay, in whole milliseconds. */
  readonly delayMs: number;
  /** How long it has not answered, in whole seconds. */
  readonly silentS: number;
  /** Unix time in milliseconds. */
  readonly launchedAtMs: number;
}

/** The sums of a cluster. */
export interface Figures {
  readonly connections: number;
  /** Sessions and reservations. */
  readonly load: number;
  /** Of the nodes that take joins. */
  readonly capacity: number;
  readonly nodes: number;
  /** Nodes that take joins: green and open. */
  readonly joinable: number;
  /** Players who were given a node by either balancer, a second. */
  readonly assigned: number;
  /** Players who were given none, a second. */
  readonly refused: number;
}

export interface PageEvent {
  readonly id: number;
  /** Unix time in milliseconds. */
  readonly atMs: number;
  readonly kind: string;
  readonly cluster?: string;
  readonly nodeId?: string;
  readonly reason: string;
  /** The operator who ordered it. */
  readonly by?: string;
  readonly balancerId: string;
}

/** How far simulated players are, as whoever drives them says. */
export interface PageBees {
  readonly players: number;
  readonly connected: number;
  readonly waiting: number;
  readonly playing: number;
  readonly finished: number;
  readonly failed: number;
  readonly rooms: number;
}

/** What an operator ordered to last. */
export interface Standing {
  readonly by: string;
  readonly why: string;
  /** Unix time in milliseconds. */
  readonly atMs: number;
}

/** What is sent whole each time: it is small. */
export interface PageHead {
  readonly v: number;
  readonly stack: string;
  /** Who serves the page. */
  readonly balancerId: string;
  /** Unix time in milliseconds. */
  readonly atMs: number;
  /** The other balancer; null: there is none. Its id is null until it was heard of. */
  readonly peer: { readonly balancerId: string | null; readonly there: boolean } | null;
  /** What keeps this balancer from its work; null: nothing. */
  readonly trouble: string | null;
  /** Nobody new is let in. `untilMs`: when it is to end, Unix time; null: nobody has said. */
  readonly maintenance: (Standing & { readonly untilMs: number | null }) | null;
  readonly bees: PageBees | null;
  /** Oldest first; of an update the new ones. */
  readonly events: readonly PageEvent[];
}

export interface ClusterHead {
  readonly name: string;
  readonly owner: { readonly balancerId: string; readonly epoch: number } | null;
  readonly massFailure: boolean;
  /** The autoscaler is paused. */
  readonly paused: Standing | null;
  readonly figures: Figures;
}

/** Everything that the page shows, besides histories. */
export interface Picture extends PageHead {
  readonly clusters: readonly (ClusterHead & { readonly nodes: readonly PageNode[] })[];
}

/** Of a node known before what is new, of a new one everything. */
export type NodeNews = Partial<PageNode> & Pick<PageNode, 'id'>;

/** What has changed since the picture or the update before. */
export interface Update extends PageHead {
  readonly clusters: readonly (ClusterHead & {
    readonly changed: readonly NodeNews[];
    readonly gone: readonly string[];
  })[];
}

/** A course in columns of equal length, oldest first: times (Unix, seconds) and the figures at them. */
export interface Course {
  readonly atS: number[];
  readonly connections: number[];
  readonly capacity: number[];
  readonly nodes: number[];
}

/** By cluster: the last minutes, second by second, and the last hours, coarser. */
export type Histories = Readonly<Record<string, { readonly minutes: Course; readonly hours: Course }>>;
