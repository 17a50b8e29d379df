import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { PAGE_PROTOCOL, type PageNode, type Picture } from '../../../../runtime/core/protocol/page';
import { changes } from '../../../../runtime/dashboard/changes';
import { type Board, boardOf, NotWhole, updated } from '../../../../runtime/dashboard/page/board';
import { nodeState } from '../../../../runtime/dashboard/page/node-state';

function picture(atMs: number, nodes: readonly PageNode[]): Picture {
  const figures = { connections: 0, load: 0, capacity: 0, nodes: nodes.length, joinable: 0, assigned: 0, refused: 0 };
  return {
    ...{
      v: PAGE_PROTOCOL,
      stack: 's',
      balancerId: 'b',
      atMs,
      peer: null,
      trouble: null,
      maintenance: null,
      bees: null,
    },
    events: [],
    clusters: [{ name: 'game', owner: null, massFailure: false, paused: null, figures, nodes }],
  };
}

const node = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  zone: fc.constantFrom('x', 'y'),
  version: fc.constantFrom('v1', 'v2'),
  health: fc.constantFrom('booting', 'green', 'suspect', 'held', 'red'),
  phase: fc.constantFrom('open', 'draining', 'sealed'),
  leaving: fc.boolean(),
  connections: fc.nat(9),
  load: fc.nat(9),
  capacity: fc.nat(9),
  delayMs: fc.nat(9),
  silentS: fc.nat(9),
  launchedAtMs: fc.nat(9),
}) satisfies fc.Arbitrary<PageNode>;
const nodes = fc.uniqueArray(node, { selector: ({ id }) => id });

const there = (board: Board) =>
  [...(board.get('game')?.nodes.values() ?? [])].filter(({ goneAtMs }) => goneAtMs === null).map((shown) => shown.node);

const one = (over: Partial<PageNode> = {}): PageNode => ({
  ...{ id: 'a', zone: 'x', version: 'v', health: 'green', phase: 'open', leaving: false, connections: 1, load: 1 },
  ...{ capacity: 9, delayMs: 1, silentS: 0, launchedAtMs: 1 },
  ...over,
});

describe('the board', () => {
  it('comes to the same by updates as by whole pictures, touching only what changed', () => {
    fc.assert(
      fc.property(fc.array(nodes, { minLength: 1, maxLength: 8 }), (story) => {
        const pictures = story.map((each, index) => picture(index * 1_000, each));
        let board = boardOf(pictures[0] ?? picture(0, []));
        for (const [index, after] of pictures.entries()) {
          const before = pictures[index - 1];
          if (before === undefined) continue;
          const old = new Map(there(board).map((each) => [each.id, each]));
          board = updated(board, changes(before, after));
          const byId = (a: PageNode, b: PageNode) => a.id.localeCompare(b.id);
          const now = after.clusters[0]?.nodes ?? [];
          expect(there(board).sort(byId)).toEqual([...now].sort(byId));
          const same = now.filter((each) => JSON.stringify(old.get(each.id)) === JSON.stringify(each));
          for (const { id } of same) expect(board.get('game')?.touched.has(id)).toBe(false);
        }
      }),
    );
  });

  it('still shows for a while a node that vanished without having been let go', () => {
    const before = picture(0, [one(), one({ id: 'b', phase: 'sealed' })]);
    let board = updated(boardOf(before), changes(before, picture(1_000, [])));
    expect([...(board.get('game')?.nodes.keys() ?? [])]).toEqual(['a']);
    expect(board.get('game')?.nodes.get('a')?.goneAtMs).toBe(1_000);
    const later = (atMs: number) => changes(picture(1_000, []), picture(atMs, []));
    board = updated(board, later(20_000));
    expect(board.get('game')?.nodes.size).toBe(1);
    board = updated(board, later(21_000));
    expect(board.get('game')?.nodes.size).toBe(0);
  });

  it('refuses an update of a picture that it does not have', () => {
    const update = changes(picture(0, [one()]), picture(1, [one({ load: 2 })]));
    expect(() => updated(new Map(), update)).toThrow(NotWhole);
  });
});

describe("a node's state", () => {
  it('is dead from the first missed poll, by colour, sign and word', () => {
    expect(nodeState(one({ health: 'suspect' }), false)).toEqual({ name: 'dead', sign: '✕', word: 'silent' });
    expect(nodeState(one({ health: 'suspect', silentS: 4 }), false).word).toBe('silent 4 s');
    expect(nodeState(one({ health: 'red', silentS: 31 }), false)).toMatchObject({
      name: 'dead',
      word: 'dead, silent 31 s',
    });
    expect(nodeState(one(), true)).toMatchObject({ name: 'dead', word: 'gone' });
  });

  it('has another sign and word for each other state', () => {
    const states = [
      one(),
      one({ health: 'held', silentS: 2 }),
      one({ health: 'booting' }),
      one({ phase: 'draining' }),
      one({ phase: 'sealed' }),
    ].map((each) => nodeState(each, false));
    for (const part of ['name', 'sign', 'word'] as const) {
      expect(new Set(states.map((state) => state[part])).size).toBe(5);
    }
    expect(nodeState(one({ leaving: true }), false).word).toBe('leaving');
  });
});
