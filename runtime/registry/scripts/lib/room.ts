/**
 * Lua: one room's hash. Fields: `mode`, `status` (started, complete, ended, dissolved), `members` and `finished` (ids joined by
 * spaces), `gen` (0 before it was placed), `node` and `start` (absent before it was placed).
 */
export const luaRoom = `
local function split(text)
  local parts = {}
  for part in string.gmatch(text or '', '%S+') do parts[#parts + 1] = part end
  return parts
end

local function contains(list, wanted)
  for _, entry in ipairs(list) do
    if entry == wanted then return true end
  end
  return false
end

local function sameMembers(left, right)
  table.sort(left)
  table.sort(right)
  return table.concat(left, ' ') == table.concat(right, ' ')
end

local function readRoom(key)
  local fields = redis.call('HGETALL', key)
  if #fields == 0 then return nil end
  local room = {}
  for i = 1, #fields, 2 do room[fields[i]] = fields[i + 1] end
  room.gen = tonumber(room.gen)
  room.members, room.finished = split(room.members), split(room.finished)
  return room
end

local function isOver(room)
  return room.status == 'ended' or room.status == 'dissolved'
end

-- Members who have not finished.
local function expectedIn(room)
  local expected = {}
  for _, member in ipairs(room.members) do
    if not contains(room.finished, member) then expected[#expected + 1] = member end
  end
  return expected
end

local function ridOf(roomId, gen, player)
  return roomId .. '/' .. string.format('%d', gen) .. '/' .. player
end
`;
