import { luaCodes } from '../codes';
import { defineScript } from '../scripts';
import { luaEpoch } from './lib/epoch';
import { luaRoom } from './lib/room';

export const roomReport = defineScript(
  'room-report.n',
  `
-- Notes what a game node reports of its rooms. A room that is not known, or only in an earlier generation, was placed by a write
-- that has been lost: the report makes the record again. Of two nodes that report the same room, the later generation has it.
--
-- KEYS[1] epoch, string
-- KEYS[2…] room of each report, hash
-- ARGV[1] epoch of the owner
-- ARGV[2] node id
-- ARGV[3] start id
-- ARGV[4] how long a room that is over is remembered, in milliseconds
-- ARGV[5] how long a live room is remembered that was not known, in milliseconds
-- ARGV[6…] for each report: gen, status (started, complete, ended, dissolved, moved), mode, members who play, joined by spaces
--
-- Returns STALE when a newer owner has written; else OK, then for each report: OK, or STALE when the room lives elsewhere; the node
-- that must close the room (empty: none); the generation to close there
${luaCodes}
${luaEpoch}
${luaRoom}
if epochIsOver(KEYS[1], ARGV[1]) then return { STALE } end
local NODE, START = ARGV[2], ARGV[3]

local function setStatus(key, status)
  redis.call('HSET', key, 'status', status)
  if status == 'ended' or status == 'dissolved' then redis.call('PEXPIRE', key, ARGV[4]) end
end

-- Makes the record again. Members whom the node does not expect any more have finished.
local function rebuild(key, room, gen, status, mode, playing)
  if room and not room.partial then
    local finished = room.finished
    for _, member in ipairs(expectedIn(room)) do
      if not contains(playing, member) then finished[#finished + 1] = member end
    end
    redis.call('HSET', key, 'finished', table.concat(finished, ' '))
  else
    redis.call('HSET', key, 'mode', mode, 'members', table.concat(playing, ' '), 'partial', 1)
  end
  redis.call('HSET', key, 'gen', gen, 'node', NODE, 'start', START)
  redis.call('PEXPIRE', key, ARGV[5])
  setStatus(key, status)
end

local reply = { OK }
local function answer(code, node, gen)
  reply[#reply + 1] = code
  reply[#reply + 1] = node
  reply[#reply + 1] = gen
end
for i = 2, #KEYS do
  local key, at = KEYS[i], 4 * i - 2
  local gen, status = tonumber(ARGV[at]), ARGV[at + 1]
  local room = readRoom(key)
  local isPlaced = room and room.node
  if isPlaced and room.gen == gen and room.node == NODE and room.start == START then
    if status ~= 'started' and status ~= 'moved' and not isOver(room) then setStatus(key, status) end
    answer(OK, '', 0)
  elseif isPlaced and room.gen >= gen then
    answer(STALE, NODE, gen)
  elseif status == 'moved' or (room and not isPlaced and isOver(room)) then
    answer(OK, '', 0)
  else
    rebuild(key, room, gen, status, ARGV[at + 2], split(ARGV[at + 3]))
    if isPlaced and not isOver(room) then answer(OK, room.node, room.gen) else answer(OK, '', 0) end
  end
end
return reply
`,
);
