import type { PageNode } from '../../core/protocol/page';

/** What a tile says of a node: colour, sign and word each say it alone. */
export interface NodeState {
  /** Chooses the colour. */
  readonly name: 'good' | 'dead' | 'unsure' | 'new' | 'leaving' | 'done';
  readonly sign: string;
  readonly word: string;
}

/**
 * A node that does not answer is shown as dead from its first missed poll: nobody is sent there any more. Only when most are silent
 * together, so that the fault is probably ours, it is shown as unsure.
 *
 * @param gone it vanished without having been let go.
 */
export function nodeState(node: Pick<PageNode, 'health' | 'phase' | 'leaving' | 'silentS'>, gone: boolean): NodeState {
  if (gone) return { name: 'dead', sign: '✕', word: 'gone' };
  const silent = node.silentS > 0 ? `silent ${node.silentS} s` : 'silent';
  switch (node.health) {
    case 'red':
      return { name: 'dead', sign: '✕', word: `dead, ${silent}` };
    case 'suspect':
      return { name: 'dead', sign: '✕', word: silent };
    case 'held':
      return { name: 'unsure', sign: '?', word: `held, ${silent}` };
    case 'booting':
      return { name: 'new', sign: '◌', word: 'starting' };
  }
  if (node.phase === 'sealed') return { name: 'done', sign: '■', word: 'sealed' };
  if (node.phase === 'draining') return { name: 'leaving', sign: '▾', word: 'draining' };
  if (node.leaving) return { name: 'leaving', sign: '▾', word: 'leaving' };
  return { name: 'good', sign: '●', word: 'open' };
}
