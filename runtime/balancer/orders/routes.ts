import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { Assigner, ClusterReader, EventReader } from '../../api/backend';
import { clustersReply } from '../../api/clusters';
import { EventsQuery, RoomPath } from '../../api/validation';
import { OperatorOrder } from '../../core/protocol/operator';
import type { OperatorRoutes } from '../../dashboard/server';
import type { Operator } from './operator';

export interface OperatorRouteOptions {
  readonly operator: Pick<Operator, 'take'>;
  readonly clusters: ClusterReader;
  readonly events: EventReader;
  readonly rooms: Pick<Assigner, 'room'>;
}

/** What the operator's command line asks: `POST /v1/operator/orders`, and what it shows. */
export function operatorRoutes({ operator, clusters, events, rooms }: OperatorRouteOptions): OperatorRoutes {
  return (app: FastifyInstance) => {
    app.post<{ Body: OperatorOrder }>('/v1/operator/orders', { schema: { body: OperatorOrder } }, ({ body }) =>
      operator.take(body),
    );
    app.get('/v1/operator/status', () => clustersReply(clusters));
    app.get<{ Querystring: z.infer<typeof EventsQuery> }>(
      '/v1/operator/events',
      { schema: { querystring: EventsQuery } },
      ({ query }) => ({ events: events.after(query.after, query.limit) }),
    );
    app.get<{ Params: z.infer<typeof RoomPath> }>(
      '/v1/operator/rooms/:roomId',
      { schema: { params: RoomPath } },
      ({ params }) => rooms.room(params.roomId),
    );
  };
}
