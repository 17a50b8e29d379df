import { spareNodes } from '../../core/spare';
import type { NodeEntry } from './registry-writer';

/** How few nodes a cluster's joins go to: see `consolidate` of its scaling. */
export interface Consolidation {
  /** Share of what nodes can hold up to which they are filled. */
  readonly fill: number;
  /** Nodes that are never spare. */
  readonly minimum: number;
}

/**
 * Spare nodes are written as `held`: last choice for joins, and otherwise like green ones. While some are held because they are silent
 * (S8) none is spare, so that joins go to those that answer.
 */
export function withLastChoices(entries: readonly NodeEntry[], how: Consolidation | null): readonly NodeEntry[] {
  if (how === null || entries.some(({ update }) => update.standing === 'held')) return entries;
  const green = entries.flatMap(({ watch, update }) => {
    const { nodeId, standing, sessions, capacity } = update;
    return standing === 'green' && watch.facts !== null ? [{ nodeId, load: sessions, capacity }] : [];
  });
  const spare = new Set(spareNodes(green, how.fill, how.minimum).map(({ nodeId }) => nodeId));
  if (spare.size === 0) return entries;
  return entries.map((entry) =>
    spare.has(entry.update.nodeId) ? { ...entry, update: { ...entry.update, standing: 'held' } } : entry,
  );
}
