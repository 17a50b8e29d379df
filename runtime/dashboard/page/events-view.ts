import type { PageEvent } from '../../core/protocol/page';
import { byId, element } from './dom';
import { ABOUT, aboutOf, isNotable, weightOf } from './event-kinds';
import { time } from './format';

/** Most events kept, and shown. */
const MOST = 300;

/** The log of events, newest first, with its filter; notable ones are read out. */
export class EventsView {
  readonly #log = byId('log');
  readonly #none = byId('no-events');
  readonly #announced = byId('announced');
  readonly #about = byId('about');
  readonly #filter = byId('filter');
  #events: readonly PageEvent[] = [];

  constructor() {
    const choices = [['', 'everything'], ...Object.entries(ABOUT)].map(([value = '', title = '']) => {
      const option = element('option', '', title);
      option.value = value;
      return option;
    });
    this.#about.append(...choices);
    this.#about.addEventListener('change', () => this.#showAll());
    this.#filter.addEventListener('input', () => this.#showAll());
  }

  /** All that there are. */
  reset(events: readonly PageEvent[]): void {
    this.#events = events.slice(-MOST);
    this.#showAll();
  }

  add(events: readonly PageEvent[]): void {
    if (events.length === 0) return;
    this.#events = [...this.#events, ...events].slice(-MOST);
    const rows = events.filter((event) => this.#fits(event)).map(row);
    this.#log.prepend(...rows.reverse());
    while (this.#log.childElementCount > MOST) this.#log.lastElementChild?.remove();
    this.#none.hidden = this.#log.childElementCount > 0;
    const notable = events.filter(({ kind }) => isNotable(kind)).at(-1);
    if (notable !== undefined) this.#announced.textContent = `${titleOf(notable)}: ${notable.reason}`;
  }

  #showAll(): void {
    this.#log.replaceChildren(
      ...this.#events
        .filter((event) => this.#fits(event))
        .map(row)
        .reverse(),
    );
    this.#none.hidden = this.#log.childElementCount > 0;
  }

  #fits(event: PageEvent): boolean {
    const about = chosen(this.#about);
    if (about !== '' && aboutOf(event.kind) !== about) return false;
    const text = `${titleOf(event)} ${event.cluster ?? ''} ${event.reason} ${event.balancerId} ${event.by ?? ''}`;
    const wanted = chosen(this.#filter).toLowerCase().split(/\s+/);
    return wanted.every((word) => text.toLowerCase().includes(word));
  }
}

function chosen(field: HTMLElement): string {
  return field instanceof HTMLSelectElement || field instanceof HTMLInputElement ? field.value : '';
}

function titleOf({ kind, nodeId, cluster }: PageEvent): string {
  return [kind, nodeId ?? cluster].filter(Boolean).join(' ');
}

function row(event: PageEvent): HTMLLIElement {
  const at = element('time', '', time(event.atMs));
  at.dateTime = new Date(event.atMs).toISOString();
  const title = element('span', 'kind', event.kind);
  const whom = element('span', 'whom', event.nodeId ?? event.cluster ?? '');
  const who = event.by === undefined ? event.balancerId : `${event.by} · ${event.balancerId}`;
  const made = element(
    'li',
    weightOf(event.kind),
    at,
    title,
    whom,
    element('span', 'reason', event.reason),
    element('span', 'who', who),
  );
  return made;
}
