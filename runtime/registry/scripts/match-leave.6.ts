import { defineScript } from '../scripts';
import { luaMatch } from './lib/match';

export const matchLeave = defineScript(
  'match-leave.6',
  `
-- Takes a waiting player out of the queue. One who is matched stays matched, but does not count as present any more: should
-- the match be dissolved, they are not matched again before they are heard of.
--
-- ARGV[2]     player id
-- ARGV[3]     connection id; one that does not hold the player changes nothing
-- Returns     'left' | 'matched' | 'unknown'
${luaMatch}
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
