/**
 * The last events in memory. One kind takes half of the room at most: players finish by the hundred, and must not push out that a
 * node died.
 */
export class KeptEvents<T extends { readonly id: number; readonly kind: string }> {
  readonly #limit: number;
  readonly #events: T[] = [];
  readonly #counts = new Map<string, number>();

  /** @param limit most events kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The newest id; 0 when there is none. */
  get lastId(): number {
    return this.#events.at(-1)?.id ?? 0;
  }

  /** Its id is above those of all others. */
  add(event: T): void {
    this.#events.push(event);
    const count = (this.#counts.get(event.kind) ?? 0) + 1;
    this.#counts.set(event.kind, count);
    if (count > this.#limit / 2) this.#drop(this.#events.findIndex(({ kind }) => kind === event.kind));
    else if (this.#events.length > this.#limit) this.#drop(0);
  }

  /** Events with an id above `id`, oldest first, at most `limit`; those no longer in memory are skipped. */
  after(id: number, limit: number): readonly T[] {
    const from = this.#events.findIndex((event) => event.id > id);
    return from === -1 ? [] : this.#events.slice(from, from + limit);
  }

  #drop(index: number): void {
    for (const { kind } of this.#events.splice(index, 1)) {
      const count = (this.#counts.get(kind) ?? 1) - 1;
      if (count > 0) this.#counts.set(kind, count);
      else this.#counts.delete(kind);
    }
  }
}
