import type { RoomReport } from '../../core/protocol/agent';
import type { MatchQueue, RoomRegistry } from '../../registry/types';

/** Rooms, and where their members' memberships are. */
export interface RoomsRegistry {
  readonly registry: Pick<RoomRegistry, 'report' | 'gather' | 'get'>;
  readonly matches: Pick<MatchQueue, 'complete' | 'restore' | 'release'>;
  /** Writes the places that were given last, as no node may know of them. Rejects when not all could be. @default none were */
  readonly recall?: () => Promise<void>;
}

/**
 * What a room's report means for its members' memberships. Idempotent: repeated until it was written.
 * @param lost the registry has lost rooms, and with them memberships
 */
export async function settleMembers(rooms: RoomsRegistry, report: RoomReport, lost: boolean): Promise<void> {
  const { roomId, status, reason } = report;
  const { matches } = rooms;
  if (lost && status !== 'closed') await putBack(rooms, report);
  // Complete and over may lie between two polls, and only the latter is reported then: it was played, and is not to be dissolved.
  if (status === 'complete' || reason === 'empty' || reason === 'ended') await matches.complete(roomId);
  // `moved`: the room goes on elsewhere.
  if (status === 'closed' && reason !== 'moved') await matches.release(roomId);
}

async function putBack({ registry, matches }: RoomsRegistry, report: RoomReport): Promise<void> {
  const { roomId, mode, status, gone = [] } = report;
  const record = await registry.get(roomId);
  const left = [...gone, ...(record?.finished ?? [])];
  const playing = report.members.filter((member) => !left.includes(member));
  const members = record?.members ?? report.members;
  if (!(await matches.restore({ roomId, mode, members, playing, complete: status === 'complete' }))) return;
  // Who finished meanwhile has released nothing; who finishes from now on does.
  await matches.release(roomId, (await registry.get(roomId))?.finished ?? []);
}
