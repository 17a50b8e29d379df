import type { Facts, Violation } from '../facts';

/** S3: a player is in at most one room at a time; a room has exactly the size that its mode says, and the same members for all. */
export function oneRoomEach({ history, config }: Facts): Violation[] {
  const violations: Violation[] = [];
  /** Players who are in a room that was complete, until they leave it. */
  const playing = new Map<string, string>();
  const members = new Map<string, string>();
  for (const entry of history) {
    if (entry.kind === 'complete') playing.set(entry.playerId, entry.roomId);
    if (entry.kind === 'left' || (entry.kind === 'player' && entry.what !== 'begins')) playing.delete(entry.playerId);
    if (entry.kind !== 'matched') continue;
    const { t, roomId } = entry;
    const list = [...new Set(entry.members)].sort().join(' ');
    const size = new Set(entry.members).size;
    const blame = (what: string) => violations.push({ rule: 'S3', t, what });
    if (size !== config.roomSize || size !== entry.members.length) {
      blame(`room ${roomId} has ${entry.members.length} members (${list}), not ${config.roomSize}`);
    }
    const known = members.get(roomId);
    if (known === undefined) {
      members.set(roomId, list);
      for (const member of entry.members) {
        const other = playing.get(member);
        if (other !== undefined && other !== roomId) blame(`${member} was matched to ${roomId} while in ${other}`);
      }
    } else if (known !== list) blame(`room ${roomId} has members ${known} for one, ${list} for another`);
  }
  return violations;
}
