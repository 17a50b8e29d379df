import { defineScript } from '../scripts';
import { luaMatch, MATCH_TTL_MS } from './lib/match';

export const matchComplete = defineScript(
  'match-complete.6',
  `
-- The room is complete on its game node, which is the judge: the match is not dissolved any more. If it was dissolved a moment
-- ago, those of its players who are in no other match are its members again, and wait no longer.
--
-- ARGV[2]     room id
-- Returns     1 when noted, 0 when the match is unknown or over
${luaMatch}
local match = load(MATCHES, ARGV[2])
if not match or match.status == 'ended' then return 0 end
if match.status == 'complete' then return 1 end
if match.status == 'dissolved' then
  for _, id in ipairs(match.members) do
    local player = load(PLAYERS, id)
    if not (player and player.room) and not match.released[id] then
      if player then unline(id, player) end
      player = player or { mode = match.mode, pool = match.pool, at = now, conn = '' }
      player.room = match.roomId
      savePlayer(id, player)
    end
  end
end
match.status = 'complete'
saveMatch(match)
redis.call('ZADD', DUE, now + ${MATCH_TTL_MS}, match.roomId)
return 1
`,
);
