import { luaCodes } from '../codes';
import { defineScript } from '../scripts';
import { luaGathered } from './lib/gathered';
import { luaNode } from './lib/node';
import { luaPlacement } from './lib/placement';
import { luaRoom } from './lib/room';

export const roomStart = defineScript(
  'room-start.6',
  `
-- Gives one member of a room the room's node; places the room, with a seat for each member, when it has none (S2).
--
-- KEYS[1] room, hash
-- KEYS[2] load, sorted set
-- KEYS[3] state, hash
-- KEYS[4] counts, hash
-- KEYS[5] pending, sorted set
-- KEYS[6] gathered, string
-- ARGV[1] lifetime of the ticket, in milliseconds
-- ARGV[2] how much longer the seats are kept, in milliseconds
-- ARGV[3] how long the room is remembered after it was placed, in milliseconds
-- ARGV[4] policy: spread or pack
-- ARGV[5] room id
-- ARGV[6] mode
-- ARGV[7] the player who starts
-- ARGV[8] all members, joined by spaces
-- ARGV[9…] ids of excluded nodes
--
-- Returns FULL, BUSY, NO_NODES, ROOM_CLOSED or MATCH_TOKEN_INVALID; or OK, node id, start id, gen, rid of the player,
-- when the ticket expires (Unix milliseconds), members who have not finished, joined by spaces
${luaCodes}
${luaNode}
${luaPlacement}
${luaRoom}
${luaGathered}
local roomId, mode, player, members = ARGV[5], ARGV[6], ARGV[7], split(ARGV[8])
local room = readRoom(KEYS[1]) or { mode = mode, members = members, finished = {}, gen = 0, status = 'started' }
if room.mode ~= mode or not agrees(room, members) or not contains(members, player) then
  return { MATCH_TOKEN_INVALID }
end
completeMembers(KEYS[1], room, members)
if isOver(room) or contains(room.finished, player) then return { ROOM_CLOSED } end

local excluded = {}
for i = 9, #ARGV do excluded[ARGV[i]] = true end
local ticketExpiresAt = nowMs() + ARGV[1]
local seatExpiresAt = ticketExpiresAt + ARGV[2]
local expected = expectedIn(room)

local node = room.node and readNode(KEYS[3], KEYS[4], room.node)
if node and node.startId == room.start and node.standing ~= 'sealed' then
  -- The room lives there, if anywhere: a node that does not answer just now is waited for, never given up here.
  if node.standing == 'suspect' or excluded[node.name] then return { BUSY } end
  -- The seat was promised with the room, so it is given again after it ran out, whatever the window says.
  hold(KEYS[5], node, { ridOf(roomId, room.gen, player) }, seatExpiresAt)
  saveNode(KEYS[2], KEYS[4], node)
else
  -- While rooms may be missing here, this one may live on a node that has not reported yet: it is waited for.
  local under = gatheredUnder(KEYS[6])
  if not under then return { BUSY } end
  -- Above every generation of a placement that was lost.
  room.gen = math.max(room.gen, under) + 1
  local rids = {}
  for i, member in ipairs(expected) do rids[i] = ridOf(roomId, room.gen, member) end
  local placement = newPlacement(KEYS[2], KEYS[3], KEYS[4], KEYS[5], ARGV[4], excluded)
  local why
  node, why = placement.take(rids, seatExpiresAt)
  if not node then return { why } end
  placement.save()
  redis.call('HSET', KEYS[1], 'mode', mode, 'status', 'started', 'members', table.concat(room.members, ' '),
    'gen', room.gen, 'node', node.name, 'start', node.startId)
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return { OK, node.name, node.startId, room.gen, ridOf(roomId, room.gen, player), ticketExpiresAt, table.concat(expected, ' ') }
`,
);
