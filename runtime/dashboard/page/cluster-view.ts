import type { ShownCluster } from './board';
import { Chart } from './chart';
import type { Courses, Range } from './courses';
import { element, Text } from './dom';
import { rate, share, time, whole } from './format';
import { Tiles } from './tiles';

/** One cluster: who owns it, its sums, its course, its nodes. */
export class ClusterView {
  readonly root: HTMLElement;
  readonly #tiles: Tiles;
  readonly #chart: Chart;
  readonly #owner = new Text('span', 'owner');
  readonly #badges = element('ul', 'badges');
  readonly #connections = new Text('dd', 'big');
  readonly #capacity = new Text('dd');
  readonly #used = new Text('dd');
  readonly #assigned = new Text('dd');
  readonly #refused = new Text('dd');
  readonly #nodes = new Text('dd');
  #badgesNow = '';

  constructor(name: string) {
    this.#tiles = new Tiles(name);
    this.#chart = new Chart(name);
    const title = element('h2', '', name);
    title.id = `cluster-${name}`;
    const figures = element(
      'dl',
      'figures',
      ...figure('Connections', this.#connections),
      ...figure('Capacity', this.#capacity),
      ...figure('In use', this.#used),
      ...figure('Joins / s', this.#assigned),
      ...figure('Refused / s', this.#refused),
      ...figure('Nodes open', this.#nodes),
    );
    const head = element('header', 'head', title, this.#owner.element, this.#badges);
    this.root = element('section', 'card cluster', head, figures, this.#chart.root, this.#tiles.root);
    this.root.setAttribute('aria-labelledby', title.id);
    this.root.dataset.cluster = name;
  }

  show(cluster: ShownCluster): void {
    const { figures, owner } = cluster.head;
    this.#owner.set(owner === null ? 'nobody owns it' : `${owner.balancerId} · epoch ${owner.epoch}`);
    this.#owner.element.classList.toggle('bad', owner === null);
    this.#connections.set(whole(figures.connections));
    this.#capacity.set(whole(figures.capacity));
    this.#used.set(share(figures.load, figures.capacity));
    this.#assigned.set(rate(figures.assigned));
    this.#refused.set(rate(figures.refused));
    this.#refused.element.classList.toggle('bad', figures.refused > 0);
    this.#nodes.set(`${figures.joinable} / ${figures.nodes}`);
    this.#showBadges(cluster.head);
    this.#tiles.show(cluster);
  }

  showCourse(courses: Courses, range: Range): void {
    const course = courses.get(this.root.dataset.cluster ?? '')?.[range];
    if (course !== undefined) this.#chart.show(course, range);
  }

  #showBadges({ massFailure, paused }: ShownCluster['head']): void {
    const badges = [
      ...(massFailure ? ['most nodes are silent: nobody is evicted'] : []),
      ...(paused === null ? [] : [`autoscaler paused since ${time(paused.atMs)} by ${paused.by}: ${paused.why}`]),
    ];
    const now = badges.join('\n');
    if (now === this.#badgesNow) return;
    this.#badgesNow = now;
    this.#badges.replaceChildren(...badges.map((badge) => element('li', 'badge', badge)));
  }
}

function figure(title: string, value: Text): [HTMLElement] {
  return [element('div', '', element('dt', '', title), value.element)];
}
