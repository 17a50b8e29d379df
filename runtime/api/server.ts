import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { ErrorCode } from '../core/errors';
import { keyCheck } from './auth';
import type { Assigner, ClusterReader, EventReader } from './backend';
import { createFrame } from './frame';
import { routes } from './routes';

export interface ApiOptions {
  readonly assigner: Assigner;
  readonly clusters: ClusterReader;
  readonly events: EventReader;
  /** Keys that callers may show; one at least. Read at each request: a getter may give others in time. */
  readonly apiKeys: readonly string[];
  /** Gets our own failures (500); single requests are not logged. @default nobody */
  readonly log?: FastifyBaseLogger;
  /** Told the code of each error that a request was answered with, and what it came from. @default nobody */
  readonly onError?: (code: ErrorCode, cause: unknown) => void;
  /** Uniform in [0, 1), for the jitter of `retryAfterMs`. @default Math.random */
  readonly random?: () => number;
}

/**
 * The REST API, ready to `listen` (or `inject`). All of `/v1` needs an API key; `/healthz` answers 200 while the process serves.
 *
 * @throws Error when there is no usable API key.
 */
export function createApi(options: ApiOptions): FastifyInstance {
  const checkKey = keyCheck(() => options.apiKeys);
  const { app, notFound } = createFrame(options);
  app.get('/healthz', () => ({ status: 'ok' }));
  app.register(
    async (v1) => {
      // Here, not by comparing the URL: the router also accepts percent-encoded spellings of a path.
      v1.addHook('onRequest', (request, _reply, done) => {
        checkKey(request.headers.authorization);
        done();
      });
      v1.setNotFoundHandler(notFound);
      routes(v1, options);
    },
    { prefix: '/v1' },
  );
  return app;
}
