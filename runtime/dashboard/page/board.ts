import type { ClusterHead, NodeNews, PageNode, Picture, Update } from '../../core/protocol/page';

/** A node on the page. */
export interface Shown {
  readonly node: PageNode;
  /** When it vanished without having been let go, by the balancer's clock in milliseconds; null: it is there. */
  readonly goneAtMs: number | null;
}

export interface ShownCluster {
  readonly head: ClusterHead;
  readonly nodes: ReadonlyMap<string, Shown>;
  /** The nodes of it that are other than in the board before. */
  readonly touched: ReadonlySet<string>;
}

export type Board = ReadonlyMap<string, ShownCluster>;

/** How long a node that vanished is still shown as gone, in milliseconds: one is to see that it died. */
const GONE_MS = 20_000;

/** The update is of a picture that we do not have. */
export class NotWhole extends Error {}

/** The board of a whole picture. Every node counts as touched. */
export function boardOf({ clusters }: Picture): Board {
  return new Map(
    clusters.map(({ nodes, ...head }) => {
      const shown = new Map(nodes.map((node): [string, Shown] => [node.id, { node, goneAtMs: null }]));
      return [head.name, { head, nodes: shown, touched: new Set(shown.keys()) }];
    }),
  );
}

/** @throws NotWhole when the update is not of this board. */
export function updated(board: Board, { clusters, atMs }: Update): Board {
  return new Map(
    clusters.map(({ changed, gone, ...head }) => {
      const nodes = new Map(board.get(head.name)?.nodes);
      const touched = new Set<string>();
      for (const [id, { goneAtMs }] of nodes) {
        if (goneAtMs !== null && atMs - goneAtMs >= GONE_MS) nodes.delete(id);
      }
      for (const news of changed) {
        nodes.set(news.id, { node: merged(nodes.get(news.id)?.node, news), goneAtMs: null });
        touched.add(news.id);
      }
      for (const id of gone) {
        const last = nodes.get(id);
        nodes.delete(id);
        // One that was let go is expected to go.
        if (last === undefined || last.node.phase !== 'open') continue;
        nodes.set(id, { ...last, goneAtMs: atMs });
        touched.add(id);
      }
      return [head.name, { head, nodes, touched }];
    }),
  );
}

function merged(before: PageNode | undefined, news: NodeNews): PageNode {
  if (before !== undefined) return { ...before, ...news };
  if (!isWhole(news)) throw new NotWhole(`${news.id} is not known here`);
  return news;
}

function isWhole(news: NodeNews): news is PageNode {
  return news.launchedAtMs !== undefined;
}
