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
-- ARGV[5] ids of excluded nodes, joined by newlines
-- ARGV[6…] for each request: if it has an idempotency key, a newline and its fingerprint; then its rids, joined by newlines
--
-- Returns when new tickets expire (Unix milliseconds), the number of nodes that got seats, for each of them its id and start id;
-- then for each request the number of its node among them; or what it is refused with, negative: FULL, BUSY, NO_NODES or
-- IDEMPOTENCY_KEY_REUSED; or 0 for one that repeats its first answer, followed by node id, start id, when its ticket expires,
-- its rids joined by newlines.
-- So little is said of each seat because a balancer reads thousands of these answers in a second.
${luaCodes}
${luaNode}
${luaPlacement}
local NEWLINE = 10

local function lines(text)
  if not string.find(text, '\\n', 1, true) then return { text } end
  local found = {}
  for line in string.gmatch(text, '[^\\n]+') do found[#found + 1] = line end
  return found
end

local ticketExpiresAt = nowMs() + ARGV[1]
-- As text: it is written once a seat, and Redis is slow to turn a number into text.
local seatExpiresAt = string.format('%.0f', ticketExpiresAt + ARGV[2])
local excluded = {}
for name in string.gmatch(ARGV[5], '[^\\n]+') do excluded[name] = true end
local placement = newPlacement(KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[4], excluded)

local nodes, numbers, answers = {}, {}, {}
local function numberOf(node)
  if not numbers[node] then
    nodes[#nodes + 1], nodes[#nodes + 2] = node.name, node.startId
    numbers[node] = #nodes / 2
  end
  return numbers[node]
end

local function reserve(text)
  local node, why = placement.take(lines(text), seatExpiresAt)
  answers[#answers + 1] = node and numberOf(node) or -why
  return node
end

-- The first answer holds while its ticket does, and while its node takes joins under the same start.
local function stillGood(first)
  if nowMs() >= first.expiresAt or excluded[first.nodeId] then return false end
  local node = readNode(KEYS[2], KEYS[3], first.nodeId)
  return node and node.startId == first.startId and takesJoins(node)
end

local function reserveOnce(key, fingerprint, text)
  local stored = redis.call('GET', key)
  local first = stored and cmsgpack.unpack(stored)
  if first and first.fingerprint ~= fingerprint then
    answers[#answers + 1] = -IDEMPOTENCY_KEY_REUSED
  elseif first and stillGood(first) then
    for _, value in ipairs({ 0, first.nodeId, first.startId, first.expiresAt, first.rids }) do answers[#answers + 1] = value end
  else
    local node = reserve(text)
    if node then
      local record = { fingerprint = fingerprint, nodeId = node.name, startId = node.startId, expiresAt = ticketExpiresAt, rids = text }
      redis.call('SET', key, cmsgpack.pack(record), 'PX', ARGV[3])
    end
  end
end

local at, keyed = 6, 4
while at <= #ARGV do
  if string.byte(ARGV[at]) == NEWLINE then
    keyed = keyed + 1
    reserveOnce(KEYS[keyed], ARGV[at], ARGV[at + 1])
    at = at + 2
  else
    reserve(ARGV[at])
    at = at + 1
  end
end
placement.save()

local reply = { ticketExpiresAt, #nodes / 2 }
for _, value in ipairs(nodes) do reply[#reply + 1] = value end
for _, value in ipairs(answers) do reply[#reply + 1] = value end
return reply
`,
);
