import { luaCodes } from '../codes';
import { defineScript } from '../scripts';
import { luaNode } from './lib/node';
import { luaRoom } from './lib/room';

export const roomFinish = defineScript(
  'room-finish.5',
  `
-- Ends one member's part in a room, and the room with the last one's. Releases the member's seat if it was never taken.
--
-- KEYS[1] room, hash
-- KEYS[2] load, sorted set
-- KEYS[3] state, hash
-- KEYS[4] counts, hash
-- KEYS[5] pending, sorted set
-- ARGV[1] how long a room that was never placed is remembered, in milliseconds
-- ARGV[2] how long a room that is over is remembered, in milliseconds
-- ARGV[3] room id
-- ARGV[4] mode
-- ARGV[5] the player who finishes
-- ARGV[6] all members, joined by spaces
--
-- Returns MATCH_TOKEN_INVALID; or OK, the status of the room: started, complete, ended or dissolved, and 1 when this call ended
-- the member's part, 0 when it was over before
${luaCodes}
${luaNode}
${luaRoom}
local roomId, mode, player, members = ARGV[3], ARGV[4], ARGV[5], split(ARGV[6])
local room = readRoom(KEYS[1])
local known = room ~= nil
room = room or { mode = mode, members = members, finished = {}, gen = 0, status = 'started' }
if room.mode ~= mode or not agrees(room, members) or not contains(members, player) then
  return { MATCH_TOKEN_INVALID }
end
completeMembers(KEYS[1], room, members)
if isOver(room) or contains(room.finished, player) then return { OK, room.status, 0 } end

room.finished[#room.finished + 1] = player
if #expectedIn(room) == 0 then room.status = 'ended' end
redis.call('HSET', KEYS[1], 'mode', mode, 'status', room.status, 'members', table.concat(room.members, ' '),
  'finished', table.concat(room.finished, ' '), 'gen', room.gen)
if isOver(room) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
elseif not known then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end

local node = room.node and readNode(KEYS[3], KEYS[4], room.node)
if node and redis.call('ZREM', KEYS[5], node.name .. '\\n' .. ridOf(roomId, room.gen, player)) == 1 then
  node.pending = node.pending - 1
  saveNode(KEYS[2], KEYS[4], node)
end
return { OK, room.status, 1 }
`,
);
