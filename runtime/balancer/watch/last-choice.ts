import { spareNodes } from '../../core/spare';
import type { NodeEntry } from './registry-writer';

/** How few nodes a cluster's joins go to: see `consolidate` of its scaling. */
export interface Consolidation {
  /** Share of what nodes can hold up to which they are filled. */
  readonly fill: number;
  /** Nodes that are never spare. */
  readonly minimum: number;
  /** Whether a node is to be replaced soon; asked each tick. @default none is */
  readonly outgoing?: (node: { readonly nodeId: string; readonly version: string }) => boolean;
}

interface Entry<W> extends Pick<NodeEntry, 'update'> {
  readonly watch: W;
}

/**
 * Spare nodes are written as `held`: last choice for joins, and otherwise like green ones. While some are held because they are silent
 * (S8) none is spare, so that joins go to those that answer. A slow node counts as one that can hold less: it gets fewer joins.
 */
export function withLastChoices<W extends Pick<NodeEntry['watch'], 'facts'>>(
  entries: readonly Entry<W>[],
  how: Consolidation | null,
): readonly Entry<W>[] {
  if (how === null || entries.some(({ update }) => update.standing === 'held')) return entries;
  const green = entries.flatMap(({ watch, update }) => {
    const { nodeId, standing, sessions, weight } = update;
    const outgoing = how.outgoing?.(update) ?? false;
    return standing === 'green' && watch.facts !== null ? [{ nodeId, load: sessions, capacity: weight, outgoing }] : [];
  });
  const spare = new Set(spareNodes(green, how.fill, how.minimum).map(({ nodeId }) => nodeId));
  if (spare.size === 0) return entries;
  return entries.map((entry) =>
    spare.has(entry.update.nodeId) ? { ...entry, update: { ...entry.update, standing: 'held' } } : entry,
  );
}
