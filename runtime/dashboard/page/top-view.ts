import type { PageHead } from '../../core/protocol/page';
import { byId, element, Text } from './dom';
import { time, whole } from './format';

/** What stands above and beside the clusters: the link to the balancer, both balancers, what is out of the ordinary, the bees. */
export class TopView {
  readonly #link = byId('link');
  readonly #balancers = byId('balancers');
  readonly #banners = byId('banners');
  readonly #bees = new BeesView(byId('bees'));
  #shown = '';
  #lostAtMs: number | null = null;

  /** @param live whether updates come. @param nowMs Unix time in milliseconds. */
  showLink(live: boolean, nowMs: number): void {
    if (!live) this.#lostAtMs ??= nowMs;
    else this.#lostAtMs = null;
    const text = this.#lostAtMs === null ? 'live' : `disconnected since ${time(this.#lostAtMs)}`;
    if (this.#link.textContent !== text) this.#link.textContent = text;
    this.#link.dataset.state = live ? 'live' : 'lost';
    document.body.classList.toggle('stale', !live);
  }

  show(head: PageHead): void {
    this.#bees.show(head.bees);
    const { stack, balancerId, peer, trouble, maintenance } = head;
    // Seldom anything of it changes.
    const shown = JSON.stringify([stack, balancerId, peer, trouble, maintenance]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    byId('stack').textContent = stack;
    document.title = `${stack} · realtime-fleet`;
    this.#balancers.replaceChildren(
      balancer(balancerId, true, 'serves this page'),
      ...(peer === null
        ? []
        : [balancer(peer.balancerId ?? 'other balancer', peer.there, peer.there ? 'answers' : 'silent')]),
    );
    this.#banners.replaceChildren(
      ...(trouble === null ? [] : [element('p', 'banner bad', trouble)]),
      ...(maintenance === null ? [] : [element('p', 'banner', maintenanceText(maintenance))]),
    );
  }
}

function maintenanceText({ atMs, by, why, untilMs }: NonNullable<PageHead['maintenance']>): string {
  const until = untilMs === null ? '' : ` until ${time(untilMs)}`;
  return `Maintenance since ${time(atMs)}${until}: nobody new is let in. ${by}: ${why}`;
}

function balancer(name: string, there: boolean, word: string): HTMLLIElement {
  const sign = element('span', 'sign', there ? '●' : '✕');
  sign.setAttribute('aria-hidden', 'true');
  const made = element('li', there ? 'there' : 'silent', sign, ` ${name} `, element('span', 'word', word));
  return made;
}

const BEES = [
  ['connected', 'connected'],
  ['waiting', 'waiting'],
  ['playing', 'playing'],
  ['finished', 'finished'],
  ['failed', 'failed'],
  ['rooms', 'rooms'],
] as const;

/** How far simulated players are; not there while there are none. */
class BeesView {
  readonly #root: HTMLElement;
  readonly #values: ReadonlyMap<string, Text>;
  readonly #bar = element('i');

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#values = new Map(BEES.map(([name]) => [name, new Text('dd')]));
    const list = element('dl', 'figures');
    for (const [name, title] of BEES) {
      list.append(element('div', name, element('dt', '', title), this.#values.get(name)?.element ?? ''));
    }
    root.append(element('span', 'meter', this.#bar), list);
  }

  show(bees: PageHead['bees']): void {
    this.#root.hidden = bees === null;
    if (bees === null) return;
    for (const [name] of BEES) this.#values.get(name)?.set(whole(bees[name]));
    const scale = `scaleX(${bees.players > 0 ? Math.min(1, bees.connected / bees.players) : 0})`;
    if (this.#bar.style.transform !== scale) this.#bar.style.transform = scale;
  }
}
