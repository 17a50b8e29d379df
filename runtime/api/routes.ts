import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { FleetError } from '../core/errors';
import { FinishRequest, JoinRequest, StartRequest } from '../core/protocol/rest';
import type { Assigner, ClusterReader, EventReader } from './backend';
import { clustersReply } from './clusters';
import { ClusterPath, EventsQuery, idempotencyKey, RoomPath } from './validation';

export interface RouteOptions {
  readonly assigner: Assigner;
  readonly clusters: ClusterReader;
  readonly events: EventReader;
}

/** The routes under `/v1`, each with its schemas; every path refuses the methods that it does not know. */
export function routes(v1: FastifyInstance, { assigner, clusters, events }: RouteOptions): void {
  v1.post<{ Body: JoinRequest }>('/lobby', { schema: { body: JoinRequest } }, (request) =>
    assigner.lobby(request.body.playerId, idempotencyKey(request.headers['idempotency-key'])),
  );
  v1.post<{ Params: z.infer<typeof ClusterPath>; Body: JoinRequest }>(
    '/clusters/:cluster/join',
    { schema: { params: ClusterPath, body: JoinRequest } },
    ({ params, body, headers }) =>
      assigner.join(params.cluster, body.playerId, idempotencyKey(headers['idempotency-key'])),
  );
  v1.post<{ Params: z.infer<typeof RoomPath>; Body: StartRequest }>(
    '/rooms/:roomId/start',
    { schema: { params: RoomPath, body: StartRequest } },
    (request) => {
      // start and finish are idempotent with or without the key; it is checked, so that a bad one shows early.
      idempotencyKey(request.headers['idempotency-key']);
      return assigner.start(request.params.roomId, request.body.matchToken);
    },
  );
  v1.post<{ Params: z.infer<typeof RoomPath>; Body: FinishRequest }>(
    '/rooms/:roomId/finish',
    { schema: { params: RoomPath, body: FinishRequest } },
    (request) => {
      idempotencyKey(request.headers['idempotency-key']);
      return assigner.finish(request.params.roomId, request.body.matchToken, request.body.result);
    },
  );
  v1.get<{ Params: z.infer<typeof RoomPath> }>('/rooms/:roomId', { schema: { params: RoomPath } }, (request) =>
    assigner.room(request.params.roomId),
  );
  v1.get('/clusters', () => clustersReply(clusters));
  v1.get<{ Querystring: z.infer<typeof EventsQuery> }>(
    '/events',
    { schema: { querystring: EventsQuery } },
    (request) => ({
      events: events.after(request.query.after, request.query.limit),
    }),
  );

  only(v1, '/lobby', ['POST']);
  only(v1, '/clusters/:cluster/join', ['POST']);
  only(v1, '/rooms/:roomId/start', ['POST']);
  only(v1, '/rooms/:roomId/finish', ['POST']);
  only(v1, '/rooms/:roomId', ['GET', 'HEAD']);
  only(v1, '/clusters', ['GET', 'HEAD']);
  only(v1, '/events', ['GET', 'HEAD']);
}

/** Answers every other method with METHOD_NOT_ALLOWED, before the body is looked at. */
function only(v1: FastifyInstance, url: string, allowed: readonly string[]): void {
  v1.route({
    url,
    method: v1.supportedMethods.filter((method) => !allowed.includes(method)),
    exposeHeadRoute: false,
    onRequest: (_request, reply, done) => {
      reply.header('allow', allowed.join(', '));
      done(new FleetError('METHOD_NOT_ALLOWED', { detail: `it knows ${allowed.join(', ')}` }));
    },
    handler: () => undefined,
  });
}
