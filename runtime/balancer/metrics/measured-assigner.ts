import type { Assigner } from '../../api/backend';
import type { AssignReply } from '../../core/protocol/rest';
import type { Tally } from './tally';

interface Clusters {
  readonly lobby: string;
  readonly game: string;
}

/** The same assigner, with its work counted: what callers of the API get and how long they wait for it. */
export function measuredAssigner(
  assigner: Assigner,
  { lobby, game }: Clusters,
  tally: Pick<Tally, 'assigned' | 'refused'>,
): Assigner {
  const measured = async (cluster: string, work: () => Promise<AssignReply>): Promise<AssignReply> => {
    const sinceMs = performance.now();
    try {
      const reply = await work();
      tally.assigned(cluster, performance.now() - sinceMs);
      return reply;
    } catch (error) {
      tally.refused(cluster, error);
      throw error;
    }
  };
  return {
    lobby: (playerId, key) => measured(lobby, () => assigner.lobby(playerId, key)),
    join: (cluster, playerId, key) => measured(cluster, () => assigner.join(cluster, playerId, key)),
    start: (roomId, matchToken) => measured(game, () => assigner.start(roomId, matchToken)),
    finish: (roomId, matchToken, result) => assigner.finish(roomId, matchToken, result),
    room: (roomId) => assigner.room(roomId),
  };
}
