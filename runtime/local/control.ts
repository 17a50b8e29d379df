import { timingSafeEqual } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import { GrowRequest } from '../fleet/local-protocol';
import { type Group, GroupLimit } from './group';

interface Path {
  Params: { readonly cluster: string; readonly nodeId: string };
}

/** Answered to the adapter as `{ error: { message } }`. */
class Fault extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/**
 * The control API of the local supervisor, the stand-in for EC2's and Auto Scaling's: what `runtime/fleet/local.ts` asks.
 * `roll` is for people (`npm run local -- roll`): a deployment. Not listening yet. Every request needs `Authorization: Bearer TOKEN`.
 */
export function createControl(groups: ReadonlyMap<string, Group>, token: string): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true });
  const expected = Buffer.from(`Bearer ${token}`);

  const group = (cluster: string): Group => {
    const found = groups.get(cluster);
    if (found === undefined) throw new Fault(404, `no cluster ${cluster}; there are ${[...groups.keys()].join(', ')}`);
    return found;
  };

  app.addHook('onRequest', async (request) => {
    const shown = Buffer.from(request.headers.authorization ?? '');
    if (shown.length !== expected.length || !timingSafeEqual(shown, expected)) throw new Fault(401, 'wrong token');
  });
  app.setErrorHandler((error, _request, reply) => {
    const status = error instanceof GroupLimit ? 400 : ((error as { statusCode?: number }).statusCode ?? 500);
    const message = error instanceof Error ? error.message : String(error);
    return reply.status(status).send({ error: { message } });
  });
  app.setNotFoundHandler((_request, reply) => reply.status(404).send({ error: { message: 'no such path' } }));

  app.get<Path>('/clusters/:cluster', async (request) => group(request.params.cluster).state());
  app.get<Path>('/clusters/:cluster/instances', async (request) => ({
    instances: group(request.params.cluster).describe(),
  }));
  app.post<Path>('/clusters/:cluster/roll', async (request) => ({ version: group(request.params.cluster).roll() }));
  app.post<Path>('/clusters/:cluster/grow', async (request) => {
    const body = GrowRequest.safeParse(request.body);
    if (!body.success) throw new Fault(400, 'size: a whole number, 0 or more');
    group(request.params.cluster).grow(body.data.size);
    return { ok: true };
  });
  app.post<Path>('/clusters/:cluster/instances/:nodeId/terminate', async (request) => {
    group(request.params.cluster).terminate(request.params.nodeId);
    return { ok: true };
  });
  app.post<Path>('/clusters/:cluster/instances/:nodeId/unhealthy', async (request) => {
    group(request.params.cluster).reportUnhealthy(request.params.nodeId);
    return { ok: true };
  });
  return app;
}
