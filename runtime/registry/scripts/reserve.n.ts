import { luaCodes } from '../codes';
import { defineScript } from '../scripts';
import { luaNode } from './lib/node';
import { luaPlacement } from './lib/placement';

export const reserve = defineScript(
  'reserve.n',
  `
-- Reserves seats for many requests, each on one node and on its own: all of its seats or none.
--
-- KEYS[1] load, sorted set
-- KEYS[2] state, hash
-- KEYS[3] counts, hash
-- KEYS[4] pending, sorted set
-- KEYS[5…] one idempotency key for each request that has one, in their order
-- ARGV[1] lifetime of the tickets, in milliseconds
-- ARGV[2] how much longer the seats are kept, in milliseconds
-- ARGV[3] how long an idempotency key is kept, in milliseconds
-- ARGV[4] policy: spread or pack
-- ARGV[5] number of excluded nodes
-- ARGV[6…] their ids; then for each request: number of seats, 1 or 0 for with or without idempotency, fingerprint, one rid a seat
--
-- Returns, for each request: FULL, BUSY, NO_NODES or IDEMPOTENCY_KEY_REUSED; or OK, node id, start id,
-- when the ticket expires (Unix milliseconds), number of seats, their rids
${luaCodes}
${luaNode}
${luaPlacement}
local ticketExpiresAt = nowMs() + ARGV[1]
-- As text: it is written once a seat, and Redis is slow to turn a number into text.
local seatExpiresAt = string.format('%.0f', ticketExpiresAt + ARGV[2])
local excluded = {}
for i = 6, 5 + ARGV[5] do excluded[ARGV[i]] = true end
local placement = newPlacement(KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[4], excluded)

local reply = {}
local function grant(nodeId, startId, expiresAt, rids)
  local at = #reply
  reply[at + 1], reply[at + 2], reply[at + 3], reply[at + 4], reply[at + 5] = OK, nodeId, startId, expiresAt, #rids
  for i, rid in ipairs(rids) do reply[at + 5 + i] = rid end
end

-- The first answer holds while its ticket does, and while its node takes joins under the same start.
local function stillGood(first)
  if nowMs() >= first.expiresAt or excluded[first.nodeId] then return false end
  local node = readNode(KEYS[2], KEYS[3], first.nodeId)
  return node and node.startId == first.startId and takesJoins(node)
end

local nextKey = 5
local at = 6 + ARGV[5]
while at <= #ARGV do
  local seats, keyed, fingerprint = tonumber(ARGV[at]), ARGV[at + 1] == '1', ARGV[at + 2]
  local rids = {}
  for i = 1, seats do rids[i] = ARGV[at + 2 + i] end
  at = at + 3 + seats
  local key = keyed and KEYS[nextKey]
  if keyed then nextKey = nextKey + 1 end
  local stored = key and redis.call('GET', key)
  local first = stored and cmsgpack.unpack(stored)
  if first and first.fingerprint ~= fingerprint then
    reply[#reply + 1] = IDEMPOTENCY_KEY_REUSED
  elseif first and stillGood(first) then
    grant(first.nodeId, first.startId, first.expiresAt, first.rids)
  else
    local node, why = placement.take(rids, seatExpiresAt)
    if not node then
      reply[#reply + 1] = why
    else
      grant(node.name, node.startId, ticketExpiresAt, rids)
      if key then
        local record = { fingerprint = fingerprint, nodeId = node.name, startId = node.startId, expiresAt = ticketExpiresAt, rids = rids }
        redis.call('SET', key, cmsgpack.pack(record), 'PX', ARGV[3])
      end
    end
  end
end
placement.save()
return reply
`,
);
