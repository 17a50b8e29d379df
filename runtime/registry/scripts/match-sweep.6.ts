import { defineScript } from '../scripts';
import { FORGET_MS, luaMatch } from './lib/match';

export const matchSweep = defineScript(
  'match-sweep.6',
  `
-- Dissolves the matches that are late, forgets what is over and who is long silent, then matches the queues that got
-- players back since they were last matched. Bounded: what is left over is for the next sweep.
--
-- ARGV[2]     JSON: { queue: players per room } of the queues to match, queue as in the key touched
-- ARGV[3]     most matches, and most players, to clear away
-- ARGV[4..]   unused room ids: one for each room that may be made
-- Returns     how many matches were made; these, as JSON; then those dissolved, as JSON
${luaMatch}
local dissolved = {}
for _, roomId in ipairs(redis.call('ZRANGEBYSCORE', DUE, '-inf', now, 'LIMIT', 0, ARGV[3])) do
  local match = load(MATCHES, roomId)
  if match and match.status == 'open' then
    dissolve(match)
    dissolved[#dissolved + 1] = cjson.encode(match)
  else
    if match then finish(match, 'ended', function() return false end) end
    redis.call('HDEL', MATCHES, roomId)
    redis.call('ZREM', DUE, roomId)
  end
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', HEARD, '-inf', now - ${FORGET_MS}, 'LIMIT', 0, ARGV[3])) do
  local player = load(PLAYERS, id)
  if player and player.room then
    redis.call('ZREM', HEARD, id)
  else
    if player then unline(id, player) end
    forget(id)
  end
end

local roomIds = {}
for index = #ARGV, 4, -1 do roomIds[#roomIds + 1] = ARGV[index] end
local made = {}
for queue, size in pairs(cjson.decode(ARGV[2])) do fill(queue, size, roomIds, made) end
local reply = { #made }
for _, match in ipairs(made) do reply[#reply + 1] = match end
for _, match in ipairs(dissolved) do reply[#reply + 1] = match end
return reply
`,
);
