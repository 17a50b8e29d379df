/** Reservations that a node which has proved nothing yet may have pending. */
export const FIRST_WINDOW = 64;
/** A node that loses its joins keeps at least this many, so that its recovery shows. */
const LEAST_WINDOW = 8;

interface WindowSample {
  /** Reservations that arrived since the last step. */
  readonly arrivals: number;
  /** Reservations that ran out unfulfilled since the last step. */
  readonly expired: number;
  /** Upper bound. */
  readonly capacity: number;
}

/**
 * The slow start: most reservations that a node may have pending. Grows by one for each arrival, shrinks by half (once a step) when
 * reservations ran out unfulfilled; between 8 and the capacity.
 */
export function stepWindow(window: number, sample: WindowSample): number {
  const shrunk = sample.expired > 0 ? Math.floor(window / 2) : window;
  return Math.max(Math.min(LEAST_WINDOW, sample.capacity), Math.min(sample.capacity, shrunk + sample.arrivals));
}
