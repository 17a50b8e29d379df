import { luaCodes } from '../codes';
import { defineScript } from '../scripts';
import { luaEpoch } from './lib/epoch';
import { luaNode } from './lib/node';

export const refresh = defineScript(
  'refresh.6',
  String.raw`
-- Writes what the owner's tick found of some nodes: state, arrivals, expiries, scores. The last part of a tick removes the nodes
-- that are gone.
--
-- KEYS[1] epoch, string
-- KEYS[2] load, sorted set
-- KEYS[3] nodes, hash
-- KEYS[4] state, hash
-- KEYS[5] counts, hash
-- KEYS[6] pending, sorted set
-- ARGV[1] epoch of the owner
-- ARGV[2] 1: ids of all nodes are given, others are removed; 0: not
-- ARGV[3] these ids, joined by newlines
-- ARGV[4…] for each node: node id, its text for the hash state, its text for the hash nodes, rids that arrived, joined by newlines
--
-- Returns STALE when a newer owner has written; else OK, then for each node: reservations pending,
-- reservations that ran out unfulfilled
${luaCodes}
${luaEpoch}
${luaNode}
if epochIsOver(KEYS[1], ARGV[1]) then return { STALE } end

local nodes, byName = {}, {}
for i = 4, #ARGV, 4 do
  local node = parseNode(ARGV[i], ARGV[i + 1], redis.call('HGET', KEYS[5], ARGV[i]))
  node.text, node.json, node.arrivals, node.expired = ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], 0
  nodes[#nodes + 1] = node
  byName[node.name] = node
end

local isLast, listed = ARGV[2] == '1', {}
for name in string.gmatch(ARGV[3], '[^\n]+') do listed[name] = true end
local function isGone(name) return isLast and not listed[name] end

local function nodeOf(member)
  return string.sub(member, 1, string.find(member, '\n', 1, true) - 1)
end

-- A node that is gone or has started anew takes its reservations with it: nobody can arrive there.
local function dropReservations(names)
  for _, member in ipairs(redis.call('ZRANGE', KEYS[6], 0, -1)) do
    if names[nodeOf(member)] then redis.call('ZREM', KEYS[6], member) end
  end
  for name in pairs(names) do
    redis.call('HDEL', KEYS[5], name)
    if byName[name] then byName[name].pending = 0 end
  end
end

local lost = {}
for _, node in ipairs(nodes) do
  local before = redis.call('HGET', KEYS[4], node.name)
  if before and parseNode(node.name, before).startId ~= node.startId then lost[node.name] = true end
end
for _, name in ipairs(isLast and redis.call('HKEYS', KEYS[4]) or {}) do
  if isGone(name) then
    redis.call('ZREM', KEYS[2], name)
    redis.call('HDEL', KEYS[3], name)
    redis.call('HDEL', KEYS[4], name)
    lost[name] = true
  end
end
for name in pairs(lost) do
  if redis.call('HEXISTS', KEYS[5], name) == 0 then lost[name] = nil end
end
if next(lost) then dropReservations(lost) end

local function confirm(node)
  local members = {}
  local function flush()
    if #members > 0 then node.pending = node.pending - redis.call('ZREM', KEYS[6], unpack(members)) end
    members = {}
  end
  for rid in string.gmatch(node.arrivals, '[^\n]+') do
    members[#members + 1] = node.name .. '\n' .. rid
    if #members == 500 then flush() end
  end
  flush()
end
for _, node in ipairs(nodes) do
  if node.pending > 0 then confirm(node) end
end

local now = nowMs()
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[6], '-inf', now)) do
  local name = nodeOf(member)
  local node = byName[name]
  if node then
    node.pending = node.pending - 1
    node.expired = node.expired + 1
  end
  if node or isGone(name) then redis.call('ZREM', KEYS[6], member) end
end

local reply = { OK }
for _, node in ipairs(nodes) do
  redis.call('HSET', KEYS[3], node.name, node.json)
  redis.call('HSET', KEYS[4], node.name, node.text)
  if takesJoins(node) then
    redis.call('ZADD', KEYS[2], scoreOf(node), node.name)
  else
    redis.call('ZREM', KEYS[2], node.name)
  end
  saveNode(KEYS[2], KEYS[5], node)
  reply[#reply + 1] = node.pending
  reply[#reply + 1] = node.expired
end
return reply
`,
);
