import { luaCodes } from '../codes';
import { defineScript } from '../scripts';
import { luaEpoch } from './lib/epoch';
import { luaRoom } from './lib/room';

export const roomReport = defineScript(
  'room-report.n',
  `
-- Notes what a game node reports of its rooms.
--
-- KEYS[1] epoch, string
-- KEYS[2…] room of each report, hash
-- ARGV[1] epoch of the owner
-- ARGV[2] node id
-- ARGV[3] start id
-- ARGV[4] how long a room that is over is remembered, in milliseconds
-- ARGV[5…] for each report: gen, status to note (complete, ended, dissolved; or none)
--
-- Returns STALE when a newer owner has written; else OK, then for each report OK, or STALE when the room lives elsewhere
${luaCodes}
${luaEpoch}
${luaRoom}
if epochIsOver(KEYS[1], ARGV[1]) then return { STALE } end
local reply = { OK }
for i = 2, #KEYS do
  local gen, status = tonumber(ARGV[2 * i + 1]), ARGV[2 * i + 2]
  local room = readRoom(KEYS[i])
  local here = room and room.gen == gen and room.node == ARGV[2] and room.start == ARGV[3]
  -- A room that was forgotten, or never placed by this registry, lives nowhere else.
  local elsewhere = room and room.node and not here and room.gen >= gen
  if here and status ~= 'none' and not isOver(room) then
    redis.call('HSET', KEYS[i], 'status', status)
    if status ~= 'complete' then redis.call('PEXPIRE', KEYS[i], ARGV[4]) end
  end
  reply[i] = elsewhere and STALE or OK
end
return reply
`,
);
