import { io as connect } from 'socket.io-client';
import { z } from 'zod';

const Place = z.object({ endpoint: z.string(), ticket: z.string(), nodeId: z.string() });
const Refusal = z.object({ error: z.object({ code: z.string(), retryAfterMs: z.number().optional() }) });

/** How long a visitor stays, and how long the node may take to let it in, in milliseconds. */
const STAY_MS = 2_000;
const ADMITTED_WITHIN_MS = 15_000;

/** What became of the visitors. */
export interface Visits {
  /** Each visitor that was given a place, by its node. */
  readonly placed: Map<string, number>;
  /** Tickets that the node let in. */
  admitted: number;
  /** Requests that were refused, by their code; each was repeated until it was granted. */
  readonly refused: Map<string, number>;
  /** The longest that a request took, in milliseconds. */
  slowestMs: number;
}

/** Players who only look into the lobby: each asks for a place, comes again while it is told to, goes there, stays a while, and leaves. */
export class Visitors {
  readonly visits: Visits = { placed: new Map(), admitted: 0, refused: new Map(), slowestMs: 0 };
  readonly #api: string;
  readonly #all: Promise<void>[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #startedMs = performance.now();
  #givenUp = false;

  constructor(api: string, perSecond: number) {
    this.#api = api;
    // As many as are due: timers of a busy process are late.
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#startedMs) * perSecond) / 1_000;
      while (this.#all.length < due) this.#all.push(this.#visit(`visitor-${this.#all.length}`));
    }, 10);
  }

  get count(): number {
    return this.#all.length;
  }

  /** No more come; resolves when the last has left. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#all);
  }

  /** No more come, and those who wait for a place go away. */
  giveUp(): void {
    clearInterval(this.#timer);
    this.#givenUp = true;
  }

  async #visit(playerId: string): Promise<void> {
    while (!this.#givenUp) {
      const answer = await this.#ask(playerId);
      if (answer.place !== null) {
        const { nodeId } = answer.place;
        this.visits.placed.set(nodeId, (this.visits.placed.get(nodeId) ?? 0) + 1);
        if (await isLetIn(answer.place)) this.visits.admitted += 1;
        return;
      }
      this.visits.refused.set(answer.code, (this.visits.refused.get(answer.code) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, answer.waitMs));
    }
  }

  async #ask(playerId: string) {
    const askedMs = performance.now();
    try {
      const response = await fetch(`${this.#api}/v1/lobby`, {
        method: 'POST',
        headers: {
          ...{ authorization: 'Bearer local-dev-key', 'content-type': 'application/json' },
          'idempotency-key': playerId,
        },
        body: JSON.stringify({ playerId }),
      });
      const body: unknown = await response.json();
      if (response.ok) return { place: Place.parse(body) };
      const { code, retryAfterMs = 500 } = Refusal.parse(body).error;
      return { place: null, code, waitMs: retryAfterMs };
    } catch (error) {
      return { place: null, code: String(error), waitMs: 500 };
    } finally {
      this.visits.slowestMs = Math.max(this.visits.slowestMs, performance.now() - askedMs);
    }
  }
}

function isLetIn({ endpoint, ticket }: z.infer<typeof Place>): Promise<boolean> {
  const socket = connect(endpoint, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    query: { ticket },
  });
  return new Promise((resolve) => {
    const end = (isIn: boolean) => {
      clearTimeout(limit);
      socket.disconnect();
      resolve(isIn);
    };
    const limit = setTimeout(() => end(false), ADMITTED_WITHIN_MS);
    socket.once('SESSION', () => setTimeout(() => end(true), STAY_MS));
    socket.once('connect_error', () => end(false));
  });
}
