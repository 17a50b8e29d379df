import { FIRST_WINDOW, stepWindow } from '../../core/window';

/** Slow start of each node, from its first answer on; a node that started anew begins anew. */
export class Windows {
  readonly #windows = new Map<string, { readonly startId: string; readonly window: number }>();

  of(nodeId: string, startId: string | undefined): number {
    const entry = this.#windows.get(nodeId);
    return entry !== undefined && entry.startId === startId ? entry.window : FIRST_WINDOW;
  }

  set(nodeId: string, startId: string, window: number): void {
    this.#windows.set(nodeId, { startId, window });
  }

  /** What came of the node's reservations since the last step. */
  step(nodeId: string, startId: string, what: Parameters<typeof stepWindow>[1]): void {
    this.set(nodeId, startId, stepWindow(this.of(nodeId, startId), what));
  }

  forget(nodeId: string): void {
    this.#windows.delete(nodeId);
  }
}
