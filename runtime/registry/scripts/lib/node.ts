/** What a held node's score is raised by: behind every green one, whatever their loads (S8). */
export const HELD_SCORE = 1e9;

/** Lua: one node as placement sees it. The text is what `seats.ts` writes into the hash `state`. */
export const luaNode = String.raw`
local function nowMs()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function parseNode(name, text, pending)
  local capacity, weight, window, sessions, standing, startId =
    string.match(text, '^(%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
  return {
    name = name, capacity = tonumber(capacity), weight = tonumber(weight), window = tonumber(window),
    sessions = tonumber(sessions), standing = standing, startId = startId, pending = tonumber(pending or 0),
  }
end

local function readNode(stateKey, countsKey, name)
  local text = redis.call('HGET', stateKey, name)
  return text and parseNode(name, text, redis.call('HGET', countsKey, name))
end

local function takesJoins(node)
  return node.standing == 'green' or node.standing == 'held'
end

local function scoreOf(node)
  local score = (node.sessions + node.pending) / node.weight
  return node.standing == 'held' and score + ${HELD_SCORE} or score
end

-- Writes the number of reservations and, where the node takes joins, its place among the others.
local function saveNode(loadKey, countsKey, node)
  if node.pending > 0 then
    redis.call('HSET', countsKey, node.name, node.pending)
  else
    redis.call('HDEL', countsKey, node.name)
  end
  redis.call('ZADD', loadKey, 'XX', scoreOf(node), node.name)
end

local function memberOf(node, rid) return node.name .. '\n' .. rid end

-- Reserves one seat for each rid on the node. One that is reserved there already only lasts longer.
local function hold(pendingKey, node, rids, expiresAtMs)
  local args = {}
  for i, rid in ipairs(rids) do
    args[2 * i - 1] = expiresAtMs
    args[2 * i] = memberOf(node, rid)
  end
  node.pending = node.pending + redis.call('ZADD', pendingKey, unpack(args))
end
`;
