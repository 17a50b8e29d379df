import { randomBytes } from 'node:crypto';
import { answered } from './connection';
import { eventKeys } from './keys';
import type { ScriptedRedis } from './scripted-redis';
import { run } from './scripts';
import { eventsAppend } from './scripts/events-append.2';

/** An event as its balancers wrote it. */
export interface EventEntry {
  readonly id: number;
  readonly text: string;
}

/** The events of all balancers of a stack, in one order. Each method rejects with RegistryUnavailable while Redis does not answer. */
export interface EventStream {
  /**
   * Adds events, each of which has a number of its writer's own, growing: what was added before, and whose answer was lost, is not added again.
   * They get ids above `above`.
   */
  append(entries: readonly EventEntry[], above: number): Promise<void>;
  /** Those with an id above `id`, oldest first, at most `limit`. */
  after(id: number, limit: number): Promise<EventEntry[]>;
  /** The newest `limit`, oldest first. */
  latest(limit: number): Promise<EventEntry[]>;
}

/** Ids for each millisecond of the clock: an id is above `clock × EVENTS_PER_MS` when it is given, also after Redis was emptied. */
export const EVENTS_PER_MS = 256;

/** Most events kept, about; a few hundred bytes each. */
const MOST_EVENTS = 4_000;

/** How long it is known what a writer has written, in milliseconds: longer than it tries again. */
const REMEMBERED_MS = 3_600_000;

export class RedisEventStream implements EventStream {
  readonly #redis: ScriptedRedis;
  readonly #keys: readonly [string, string];

  constructor(redis: ScriptedRedis, stack: string) {
    this.#redis = redis;
    redis.scripts.prepare(eventsAppend);
    const { events, written } = eventKeys(stack, randomBytes(9).toString('base64url'));
    this.#keys = [events, written];
  }

  async append(entries: readonly EventEntry[], above: number): Promise<void> {
    const args = [above, EVENTS_PER_MS, MOST_EVENTS, REMEMBERED_MS, ...entries.flatMap(({ id, text }) => [id, text])];
    await run(this.#redis, eventsAppend, this.#keys, args);
  }

  async after(id: number, limit: number): Promise<EventEntry[]> {
    return read(await answered(this.#redis.xrange(this.#keys[0], `(${id}-0`, '+', 'COUNT', limit)));
  }

  async latest(limit: number): Promise<EventEntry[]> {
    return read(await answered(this.#redis.xrevrange(this.#keys[0], '+', '-', 'COUNT', limit))).reverse();
  }
}

/** Each entry has one field, its text. */
function read(entries: readonly [id: string, fields: readonly string[]][]): EventEntry[] {
  return entries.map(([id, fields]) => ({ id: Number.parseInt(id, 10), text: fields[1] ?? '' }));
}
