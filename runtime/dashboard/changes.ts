import type { NodeNews, PageNode, Picture, Update } from '../core/protocol/page';

/** What turns one picture into the next. */
export function changes(before: Picture, after: Picture): Update {
  const known = new Map(before.clusters.map(({ name, nodes }) => [name, nodes]));
  const lastId = before.events.at(-1)?.id ?? 0;
  return {
    ...after,
    clusters: after.clusters.map(({ nodes, ...head }) => ({
      ...head,
      ...nodeChanges(known.get(head.name) ?? [], nodes),
    })),
    events: after.events.filter(({ id }) => id > lastId),
  };
}

/** Whether a node's state, not only its figures, is another: what is worth telling at once. */
export function isUrgent({ clusters }: Update): boolean {
  return clusters.some(
    ({ changed, gone }) =>
      gone.length > 0 || changed.some(({ health, phase }) => health !== undefined || phase !== undefined),
  );
}

function nodeChanges(before: readonly PageNode[], after: readonly PageNode[]) {
  const known = new Map(before.map((node) => [node.id, node]));
  const there = new Set(after.map(({ id }) => id));
  const changed = after.flatMap((node): NodeNews[] => {
    const old = known.get(node.id);
    if (old === undefined) return [node];
    const news = difference(old, node);
    return news === null ? [] : [{ ...news, id: node.id }];
  });
  return { changed, gone: before.flatMap(({ id }) => (there.has(id) ? [] : [id])) };
}

/** The fields that are new; null when none is. */
function difference(before: PageNode, after: PageNode): Partial<PageNode> | null {
  const old = new Map<string, unknown>(Object.entries(before));
  const news = Object.entries(after).filter(([name, value]) => old.get(name) !== value);
  return news.length === 0 ? null : Object.fromEntries(news);
}
