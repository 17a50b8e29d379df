/** Listeners by event name. `E` maps each name to its listener's type. Runs in browsers too, so not Node's EventEmitter. */
export class Emitter<E extends object> {
  readonly #listeners = new Map<PropertyKey, Set<(...args: unknown[]) => void>>();

  /** Adds a listener; returns what removes it again. */
  on<K extends keyof E>(event: K, listener: E[K]): () => void {
    // The protocol gives the types of a name's arguments; the map cannot say that in types.
    const call = listener as (...args: unknown[]) => void;
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(call));
    return () => void listeners.delete(call);
  }

  /** Calls the listeners of an event. */
  emit(event: PropertyKey, args: readonly unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...args);
  }
}
