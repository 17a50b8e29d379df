import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { createFrame } from '../api/frame';
import { Access, type AccessOptions } from './access';
import { signIn } from './sign-in';

/** Adds paths. They ask for an API key or a session unless their `config` says `open: true`. */
export type OperatorRoutes = (app: FastifyInstance) => void;

export interface OperatorServerOptions extends AccessOptions {
  /** By path, e.g. `/readyz`, which is open: why it is not so; null when it is. */
  readonly troubles: Readonly<Record<string, () => string | null>>;
  readonly routes: readonly OperatorRoutes[];
  /** Gets our own failures (500). */
  readonly log: FastifyBaseLogger;
}

/**
 * What only operators and machines of ours may ask, on a port of its own, ready to `listen` (or `inject`).
 *
 * @throws Error when there is no usable API key.
 */
export function createOperatorServer(options: OperatorServerOptions): FastifyInstance {
  const { app } = createFrame({ log: options.log, forceCloseConnections: true });
  const access = new Access(options);
  access.guard(app);
  for (const [path, trouble] of Object.entries(options.troubles)) {
    app.get(path, { config: { open: true } }, (_request, reply) => {
      const reason = trouble();
      return reason === null ? { status: 'ready' } : reply.code(503).send({ status: 'not ready', reason });
    });
  }
  signIn(app, access);
  for (const add of options.routes) add(app);
  return app;
}
