import { defineScript } from '../scripts';
import { COMPLETE_WITHIN_MS, luaMatch, MATCH_TTL_MS, REPORT_SLACK_MS } from './lib/match';

export const matchRestore = defineScript(
  'match-restore.6',
  `
-- A room is live on its game node. Whatever the registry has forgotten of its match and of its players' memberships is put back.
-- Who waits by now is left alone while the room is forming, and belongs to it when it is complete. The pool is not known: those who
-- are still in the lobby bring it with their next heartbeat, the others are not queued again should the match be dissolved.
--
-- ARGV[2]     room id
-- ARGV[3]     mode
-- ARGV[4]     open | complete
-- ARGV[5]     all members, as a JSON array
-- ARGV[6..]   those who have neither finished nor left
-- Returns     1 when something was put back, else 0
${luaMatch}
local roomId, mode, status = ARGV[2], ARGV[3], ARGV[4]
local match = load(MATCHES, roomId)
if match and isOver(match) then return 0 end
if #ARGV == 5 then return 0 end
local restored = 0
if not match then
  match = {
    roomId = roomId, mode = mode, pool = '', members = cjson.decode(ARGV[5]), deadlineMs = now + ${COMPLETE_WITHIN_MS},
    status = status, acknowledged = {}, released = {}
  }
  saveMatch(match)
  local dueIn = status == 'complete' and ${MATCH_TTL_MS} or ${COMPLETE_WITHIN_MS + REPORT_SLACK_MS}
  redis.call('ZADD', DUE, now + dueIn, roomId)
  restored = 1
end
for index = 6, #ARGV do
  local id = ARGV[index]
  local player = load(PLAYERS, id)
  local isFree = not player or (status == 'complete' and not player.room)
  if isFree and not match.released[id] then
    if player then unline(id, player) end
    player = player or { mode = mode, pool = match.pool, at = now, conn = '' }
    player.room = roomId
    savePlayer(id, player)
    restored = 1
  end
end
return restored
`,
);
