import { defineScript } from '../scripts';
import { luaMatch } from './lib/match';

export const matchEnter = defineScript(
  'match-enter.6',
  `
-- Enqueues a player, or keeps the place in the same queue, or returns the match that the player is in; then matches the queue.
--
-- ARGV[2]     player id
-- ARGV[3]     mode
-- ARGV[4]     pool
-- ARGV[5]     when the player entered, Unix milliseconds; not later than now counts
-- ARGV[6]     connection id: holds the player from now on
-- ARGV[7]     players per room of the mode
-- ARGV[8..]   unused room ids: one for each room that may be made
-- Returns     'waiting', place in Unix milliseconds | 'matched', the match as JSON; then each match made, as JSON
${luaMatch}
local id, mode, pool, conn, size = ARGV[2], ARGV[3], ARGV[4], ARGV[6], tonumber(ARGV[7])
local roomIds = {}
for index = #ARGV, 8, -1 do roomIds[#roomIds + 1] = ARGV[index] end

local player = load(PLAYERS, id)
hear(id)
if player and player.room then
  local match = load(MATCHES, player.room)
  if not match or isOver(match) then
    player = false
  elseif match.status == 'open' and now >= match.deadlineMs then
    dissolve(match)
    player = load(PLAYERS, id)
  else
    player.conn = conn
    savePlayer(id, player)
    return { 'matched', cjson.encode(match) }
  end
end

local at = math.min(tonumber(ARGV[5]), now)
if player and player.mode == mode and player.pool == pool then
  at = player.at
elseif player then
  unline(id, player)
end
player = { mode = mode, pool = pool, at = at, conn = conn }
savePlayer(id, player)
line(id, player)
local made = {}
fill(queueOf(player), size, roomIds, made)
player = load(PLAYERS, id)
local reply = { 'waiting', at }
if player.room then reply = { 'matched', redis.call('HGET', MATCHES, player.room) } end
for _, match in ipairs(made) do reply[#reply + 1] = match end
return reply
`,
);
