import type { Shown, ShownCluster } from './board';
import { element, Text } from './dom';
import { short } from './format';
import { nodeState } from './node-state';

/** From so many nodes on tiles are drawn smaller. */
const DENSE = 40;

/** The first digits of a version tell versions apart. */
const VERSION_CHARS = 7;

interface Tile {
  readonly root: HTMLLIElement;
  show(shown: Shown): void;
}

/** The nodes of one cluster, a tile each, in the order in which they were started. Only tiles whose node changed are touched. */
export class Tiles {
  readonly root: HTMLUListElement;
  readonly #tiles = new Map<string, Tile>();

  constructor(cluster: string) {
    this.root = element('ul', 'tiles');
    this.root.setAttribute('aria-label', `Nodes of ${cluster}`);
  }

  show({ nodes, touched }: ShownCluster): void {
    for (const [id, { root }] of this.#tiles) {
      if (nodes.has(id)) continue;
      root.remove();
      this.#tiles.delete(id);
    }
    for (const id of touched) {
      const shown = nodes.get(id);
      if (shown !== undefined) (this.#tiles.get(id) ?? this.#add(id, nodes)).show(shown);
    }
    this.root.classList.toggle('dense', nodes.size >= DENSE);
  }

  #add(id: string, nodes: ShownCluster['nodes']): Tile {
    const tile = newTile(id);
    const launched = (other: string) => nodes.get(other)?.node.launchedAtMs ?? 0;
    // Those that start come last, so that mostly the end is where it belongs.
    const after = [...this.#tiles.keys()].filter((other) => launched(other) <= launched(id)).at(-1);
    const before = after === undefined ? this.root.firstChild : (this.#tiles.get(after)?.root.nextSibling ?? null);
    this.root.insertBefore(tile.root, before);
    this.#tiles.set(id, tile);
    return tile;
  }
}

function newTile(id: string): Tile {
  const sign = element('span', 'sign');
  sign.setAttribute('aria-hidden', 'true');
  const word = new Text('span', 'word');
  const load = new Text('b');
  const capacity = new Text('span', 'of');
  const facts = new Text('span', 'facts');
  const bar = element('i');
  const meter = element('span', 'meter', bar);
  meter.setAttribute('aria-hidden', 'true');
  const root = element(
    'li',
    'tile',
    element('span', 'name', sign, id),
    word.element,
    element('span', 'load', load.element, capacity.element),
    meter,
    facts.element,
  );
  root.dataset.node = id;
  return {
    root,
    show: ({ node, goneAtMs }) => {
      const state = nodeState(node, goneAtMs !== null);
      if (root.dataset.state !== state.name) root.dataset.state = state.name;
      if (sign.textContent !== state.sign) sign.textContent = state.sign;
      word.set(state.word);
      load.set(short(node.load));
      capacity.set(` / ${short(node.capacity)}`);
      facts.set(`${node.delayMs} ms · ${zoneMark(node.zone)} · ${node.version.slice(0, VERSION_CHARS)}`);
      const title = `${id}: zone ${node.zone}, version ${node.version}, event-loop delay ${node.delayMs} ms`;
      if (root.title !== title) root.title = title;
      const fill = node.capacity > 0 ? Math.min(1, node.load / node.capacity) : 0;
      const scale = `scaleX(${fill.toFixed(3)})`;
      if (bar.style.transform !== scale) bar.style.transform = scale;
    },
  };
}

/** What tells zones of one region apart: `1a` of `ap-northeast-1a`. */
function zoneMark(zone: string): string {
  return zone.slice(zone.lastIndexOf('-') + 1);
}
