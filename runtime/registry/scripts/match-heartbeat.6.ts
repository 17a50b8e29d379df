import { defineScript } from '../scripts';
import { COMPLETE_WITHIN_MS, luaMatch, REPORT_SLACK_MS } from './lib/match';

export const matchHeartbeat = defineScript(
  'match-heartbeat.6',
  `
-- A lobby node speaks for its players: they are alive. Whoever the registry has forgotten waits again at the place that the lobby
-- node remembers. Matches nothing itself: the sweep does.
--
-- ARGV[2]     JSON: array of { id, mode, pool, at: place in Unix milliseconds, conn, room?, undelivered? }; room: the match
--             that the lobby node knows of; undelivered: that match whole, when the player has not learned of it yet
-- Returns     for each player two values: 'waiting', place in Unix milliseconds | 'matched', the match as JSON |
--             'replaced', '' (a newer connection holds) | 'gone', '' (the match is over for this player)
${luaMatch}
-- The registry was emptied. Players who know of their match are at the game by now; for the others it is put back.
local function restore(match)
  match.status, match.acknowledged, match.released = 'open', {}, {}
  match.deadlineMs = math.min(match.deadlineMs, now + ${COMPLETE_WITHIN_MS})
  saveMatch(match)
  redis.call('ZADD', DUE, match.deadlineMs + ${REPORT_SLACK_MS}, match.roomId)
  return match
end

-- The record of a player who has none; nothing when their match is over.
local function remember(given)
  local player = { mode = given.mode, pool = given.pool, at = math.min(given.at, now), conn = given.conn }
  if given.room then
    local match = load(MATCHES, given.room) or given.undelivered and restore(given.undelivered)
    if not match or match.status == 'ended' or match.released[given.id] then return nil end
    if match.status ~= 'dissolved' then player.room = given.room end
  end
  savePlayer(given.id, player)
  return player
end

local reply = {}
local function answer(state, detail)
  reply[#reply + 1] = state
  reply[#reply + 1] = detail
end
for _, given in ipairs(cjson.decode(ARGV[2])) do
  local player = load(PLAYERS, given.id)
  local match = player and player.room and load(MATCHES, player.room)
  if player and player.room and (not match or isOver(match)) then player = nil end
  if not player then
    player = remember(given)
    match = player and player.room and load(MATCHES, player.room)
  end
  if not player then
    answer('gone', '')
  elseif player.conn ~= given.conn and player.conn ~= '' then
    answer('replaced', '')
  else
    hear(given.id)
    if player.conn ~= given.conn then
      player.conn = given.conn
      -- Put back from a room's report, which does not know the pool.
      if player.pool == '' then player.pool = given.pool end
      savePlayer(given.id, player)
    end
    if match then
      answer('matched', cjson.encode(match))
    else
      line(given.id, player)
      answer('waiting', player.at)
    end
  end
end
return reply
`,
);
