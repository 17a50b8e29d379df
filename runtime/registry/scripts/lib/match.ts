/** A waiting player whom no lobby node spoke for within this time is not matched, in milliseconds. */
const PRESENT_MS = 3_000;
/** One not heard of for this long loses the place, in milliseconds. */
export const FORGET_MS = 60_000;
/** A match is to be complete this long after it was made, in milliseconds. */
export const COMPLETE_WITHIN_MS = 20_000;
/**
 * A sweep dissolves a late match only this much after its deadline, in milliseconds: a room that became complete at the last
 * moment is known to its game node at once, but here only after the balancer's next poll.
 */
export const REPORT_SLACK_MS = 2_000;
/** A complete match holds its players at most this long, in milliseconds. */
export const MATCH_TTL_MS = 3_600_000;
/** A match that is over is remembered this long, in milliseconds: a lobby node that was paused may still speak of it. */
const TOMBSTONE_MS = 600_000;

/**
 * What the match scripts share; each begins with this text. A player's record says `room` while matched. A waiting player is in
 * `waiting` unless away: whoever is met there and was not heard of lately is taken out (the record stays), so that silent
 * players cost one look, not one at each ENTER. The next sign of life puts them back at their old place.
 */
export const luaMatch = `-- KEYS[1] players, hash
-- KEYS[2] waiting, sorted set
-- KEYS[3] heard, sorted set
-- KEYS[4] matches, hash
-- KEYS[5] due, sorted set
-- KEYS[6] touched, set
-- ARGV[1] now, in Unix milliseconds; empty: Redis' own clock (tests pass a time)
local PLAYERS, WAITING, HEARD, MATCHES, DUE, TOUCHED = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local function load(key, field)
  local text = redis.call('HGET', key, field)
  return text and cjson.decode(text)
end
local function savePlayer(id, player) redis.call('HSET', PLAYERS, id, cjson.encode(player)) end
local function saveMatch(match) redis.call('HSET', MATCHES, match.roomId, cjson.encode(match)) end

-- '|' and '}' come after every character of an id, and '|' right before '}': all of a queue lies between its name and the next.
local function queueOf(player) return player.mode .. '|' .. player.pool end
local function placeOf(id, player) return queueOf(player) .. '|' .. string.format('%015d', player.at) .. '|' .. id end

local function isPresent(id)
  local heard = redis.call('ZSCORE', HEARD, id)
  return heard and tonumber(heard) > now - ${PRESENT_MS}
end
local function hear(id) redis.call('ZADD', HEARD, now, id) end
-- Away: remembered for a while, but not matched.
local function park(id)
  local heard = redis.call('ZSCORE', HEARD, id)
  local past = now - ${PRESENT_MS}
  if not heard or tonumber(heard) > past then redis.call('ZADD', HEARD, past, id) end
end

local function line(id, player)
  if redis.call('ZADD', WAITING, 0, placeOf(id, player)) == 1 then redis.call('SADD', TOUCHED, queueOf(player)) end
end
local function unline(id, player) redis.call('ZREM', WAITING, placeOf(id, player)) end
local function forget(id)
  redis.call('HDEL', PLAYERS, id)
  redis.call('ZREM', HEARD, id)
end

local function make(roomId, mode, pool, group)
  local match = {
    roomId = roomId, mode = mode, pool = pool, members = {}, deadlineMs = now + ${COMPLETE_WITHIN_MS},
    status = 'open', acknowledged = {}, released = {}
  }
  for index, seat in ipairs(group) do
    match.members[index] = seat.id
    unline(seat.id, seat.player)
    seat.player.room = roomId
    savePlayer(seat.id, seat.player)
  end
  saveMatch(match)
  redis.call('ZADD', DUE, match.deadlineMs + ${REPORT_SLACK_MS}, roomId)
  return match
end

-- Makes rooms of a queue, first come first served, while there are players and room ids. Appends what it made, as JSON, to made.
local function fill(queue, size, roomIds, made)
  local mode, pool = string.match(queue, '^([^|]*)|(.*)$')
  local from, group = '[' .. queue .. '|', {}
  while #roomIds > 0 do
    local places = redis.call('ZRANGEBYLEX', WAITING, from, '(' .. queue .. '}', 'LIMIT', 0, 64)
    if #places == 0 then
      redis.call('SREM', TOUCHED, queue)
      return
    end
    for _, place in ipairs(places) do
      from = '(' .. place
      local id = string.match(place, '[^|]+$')
      local player = load(PLAYERS, id)
      if player and not player.room and placeOf(id, player) == place and isPresent(id) then
        group[#group + 1] = { id = id, player = player }
      else
        redis.call('ZREM', WAITING, place)
      end
      if #group == size then
        made[#made + 1] = cjson.encode(make(table.remove(roomIds), mode, pool, group))
        group = {}
        if #roomIds == 0 then break end
      end
    end
  end
  redis.call('SADD', TOUCHED, queue)
end

-- The match is over. Its players wait again at their old place if keep(id) says so, at once when they are there, else when
-- they are heard of again; the others are forgotten.
local function finish(match, status, keep)
  for _, id in ipairs(match.members) do
    local player = load(PLAYERS, id)
    if player and player.room == match.roomId then
      player.room = nil
      if keep(id) and redis.call('ZSCORE', HEARD, id) then
        savePlayer(id, player)
        if isPresent(id) then line(id, player) end
      else
        forget(id)
      end
    end
  end
  match.status = status
  saveMatch(match)
  redis.call('ZADD', DUE, now + ${TOMBSTONE_MS}, match.roomId)
end
local function dissolve(match) finish(match, 'dissolved', function() return true end) end
local function isOver(match) return match.status == 'dissolved' or match.status == 'ended' end
`;
