import type { FastifyInstance } from 'fastify';
import { auditTime, type Observable } from 'rxjs';
import { z } from 'zod';
import type { Histories, PageBees, PageEvent, Picture } from '../core/protocol/page';
import { changes, isUrgent } from './changes';
import { History } from './history';
import { type PictureSources, takePicture } from './picture';
import { type Counts, Rates } from './rates';
import { Viewers } from './viewers';

export interface LiveOptions extends PictureSources {
  /** Says that something of a cluster may have changed. */
  readonly changed$: Observable<unknown>;
  /** What each balancer has counted of the cluster since it started, by its id. */
  readonly counts: (cluster: string) => ReadonlyMap<string, Counts>;
  /** Period of regular updates, in milliseconds. @default 1_000 */
  readonly everyMs?: number;
}

export interface Live {
  readonly routes: (app: FastifyInstance) => void;
  stop(): void;
}

/** Several nodes often change their state at once; their changes are sent together, this many milliseconds after the first. */
const GATHER_MS = 30;

/** Events that a page gets at first. */
const MOST_EVENTS = 300;

/** Events that are looked at in one update: players finish by the hundred. */
const MOST_NEWS = 1_000;

/** What whoever drives the bees said is shown for this long, in milliseconds. */
const BEES_MS = 5_000;

const Count = z.int().min(0);

/** What `PUT /bees` takes. */
const BeesReport: z.ZodType<PageBees> = z.object({
  ...{ players: Count, connected: Count, waiting: Count, playing: Count },
  ...{ finished: Count, failed: Count, rooms: Count },
});

/** Of single players; the charts show them. */
const UNSHOWN: ReadonlySet<string> = new Set(['player-finished']);

/**
 * Feeds the live page: takes a picture each second, and at once when a node changes its state; keeps histories, sends what has changed to
 * all who watch. `/stream` is the push stream, `/histories` the courses so far; `PUT /bees` is told how far simulated players are.
 */
export function startLive(options: LiveOptions): Live {
  const { clusters, counts, everyMs = 1_000 } = options;
  const kept = new Map(clusters.clusters().map((name) => [name, { history: new History(), rates: new Rates() }]));
  let bees: { readonly said: PageBees; readonly atMs: number } | null = null;
  let events: readonly PageEvent[] = [];
  let lastId = 0;

  const readEvents = (): void => {
    const news = options.events.after(lastId, MOST_NEWS);
    lastId = news.at(-1)?.id ?? lastId;
    const shown = news.filter(({ kind }) => !UNSHOWN.has(kind));
    if (shown.length > 0) events = [...events, ...shown].slice(-MOST_EVENTS);
  };
  const take = (): Picture => {
    readEvents();
    const recent = bees !== null && performance.now() - bees.atMs < BEES_MS ? bees.said : null;
    const rates = (name: string) => kept.get(name)?.rates.perSecond ?? { assigned: 0, refused: 0 };
    return takePicture(options, { atMs: Date.now(), bees: recent, events, rates });
  };

  let picture = take();
  const viewers = new Viewers(picture);
  const beat = setInterval(() => {
    for (const [name, { rates }] of kept) rates.step(counts(name), performance.now());
    const next = take();
    for (const { name, figures } of next.clusters) kept.get(name)?.history.add(next.atMs, figures);
    viewers.send(next, changes(picture, next));
    picture = next;
  }, everyMs);
  const watching = options.changed$.pipe(auditTime(GATHER_MS)).subscribe(() => {
    if (viewers.count === 0) return;
    const next = take();
    const update = changes(picture, next);
    if (!isUrgent(update)) return;
    viewers.send(next, update);
    picture = next;
  });

  return {
    routes: (app) => {
      app.get('/stream', (_request, reply) => viewers.add(reply));
      app.get('/histories', (): Histories => {
        return Object.fromEntries([...kept].map(([name, { history }]) => [name, history.courses]));
      });
      app.put<{ Body: PageBees }>('/bees', { schema: { body: BeesReport } }, (request, reply) => {
        bees = { said: request.body, atMs: performance.now() };
        return reply.code(204).send();
      });
    },
    stop: () => {
      clearInterval(beat);
      watching.unsubscribe();
      viewers.close();
    },
  };
}
