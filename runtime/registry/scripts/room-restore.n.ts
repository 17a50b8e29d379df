import { luaCodes } from '../codes';
import { defineScript } from '../scripts';
import { luaRoom } from './lib/room';

export const roomRestore = defineScript(
  'room-restore.n',
  `
-- Writes where rooms were placed without the registry. A room that is over, or has a later generation, stays as it is.
--
-- KEYS[1…] rooms, hash
-- ARGV[1] how long a room is remembered, in milliseconds
-- ARGV[2…] for each room: gen, node id, start id, mode, members as far as they are known, joined by spaces, those who have finished,
-- joined by spaces
--
-- Returns OK
${luaCodes}
${luaRoom}
for i, key in ipairs(KEYS) do
  local at = 6 * i - 4
  local gen, finished = tonumber(ARGV[at]), split(ARGV[at + 5])
  local room = readRoom(key)
  if not room or (not isOver(room) and (not room.node or room.gen < gen)) then
    for _, member in ipairs(room and room.finished or {}) do
      if not contains(finished, member) then finished[#finished + 1] = member end
    end
    redis.call('HSET', key, 'gen', gen, 'node', ARGV[at + 1], 'start', ARGV[at + 2], 'mode', ARGV[at + 3],
      'members', ARGV[at + 4], 'finished', table.concat(finished, ' '), 'status', 'started',
      'partial', 1)
    redis.call('PEXPIRE', key, ARGV[1])
  end
end
return OK
`,
);
