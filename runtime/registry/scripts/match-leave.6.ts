import { defineScript } from '../scripts';
import { MATCH_SHARED } from './match-shared';

/**
 * Takes a waiting player out of the queue. One who is matched stays matched, but does not count as present any more: should
 * the match be dissolved, they are not matched again before they are heard of.
 *
 * KEYS[1..6]  see match-shared.ts
 * ARGV[1]     now, Unix milliseconds, or empty
 * ARGV[2]     player id
 * ARGV[3]     connection id; one that does not hold the player changes nothing
 * Returns     'left' | 'matched' | 'unknown'
 */
export const MATCH_LEAVE = defineScript(
  'match-leave',
  `${MATCH_SHARED}
local id = ARGV[2]
local player = load(PLAYERS, id)
if not player or player.conn ~= ARGV[3] then return 'unknown' end
local match = player.room and load(MATCHES, player.room)
if match and not isOver(match) then
  park(id)
  return 'matched'
end
unline(id, player)
forget(id)
return 'left'
`,
);
