import { FleetError } from '../../core/errors';
import {
  type PlacedRoom,
  PlacesReply,
  RestoreReply,
  RestoreRequest,
  StartReply,
  StartRequest,
  TurnReply,
} from '../../core/protocol/peer';
import type { AssignReply } from '../../core/protocol/rest';
import type { PeerLink, PeerQuestions } from '../pair/peer';
import type { RoomDesk, RoomPeer } from './room-desk';

/** How long a question to the other balancer may take, in milliseconds. */
const LIMIT_MS = 1_000;

/** The peer has certainly heard us within this time, in milliseconds: less than it waits before it takes us for gone. */
const HEARD_MS = 1_000;

/** The other balancer's half of `RoomDesk`, over the peer channel. */
export function roomPeer(link: PeerLink, cluster: string): RoomPeer {
  return {
    situation: () => ({
      there: link.there,
      hearsUs: link.heardUsMs < HEARD_MS,
      answers: link.answers,
      claim: (link.leasePeer(cluster).view?.claim ?? 0) > 0,
      placing: link.placing,
    }),
    turn: async () => TurnReply.parse(await link.question('turn', {}, LIMIT_MS)),
    restore: async (rooms: readonly PlacedRoom[]) =>
      RestoreReply.parse(await link.question('restore', { rooms }, LIMIT_MS)),
    places: async () => PlacesReply.parse(await link.question('places', {}, LIMIT_MS)),
    start: async (roomId, matchToken) => {
      const answer = await link.question('start', { roomId, matchToken }, LIMIT_MS).catch(() => null);
      const reply = StartReply.safeParse(answer);
      if (!reply.success) throw new FleetError('BUSY');
      if (reply.data.ok) return reply.data.place;
      throw new FleetError(reply.data.code);
    },
  };
}

/** What the other balancer asks of ours. `agreed` is called before it learns that it may place rooms. */
export function roomQuestions(desk: () => RoomDesk, agreed: () => void): PeerQuestions {
  return {
    turn: async (): Promise<TurnReply> => {
      const reply = desk().agree();
      if (reply.agreed) agreed();
      return reply;
    },
    restore: async (payload): Promise<RestoreReply> => desk().restore(RestoreRequest.parse(payload).rooms),
    places: async (): Promise<PlacesReply> => desk().places,
    start: async (payload): Promise<StartReply> => {
      const { roomId, matchToken } = StartRequest.parse(payload);
      return reply(desk().start(roomId, matchToken, true));
    },
  };
}

async function reply(start: Promise<AssignReply>): Promise<StartReply> {
  try {
    return { ok: true, place: { ...(await start) } };
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return { ok: false, code: error.code };
  }
}
