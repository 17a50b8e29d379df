/**
 * Lua: one room's hash. Fields: `mode`, `status` (started, complete, ended, dissolved), `members` and `finished` (ids joined by
 * spaces), `gen` (0 before it was placed), `node` and `start` (absent before it was placed), and `partial` when the record was made
 * from a node's report: then `members` are those who still played.
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

-- Whether a match token's members are this room's: all who still play, and nobody who never did.
local function agrees(room, members)
  for _, member in ipairs(expectedIn(room)) do
    if not contains(members, member) then return false end
  end
  for _, member in ipairs(members) do
    if not room.partial and not contains(room.members, member) then return false end
  end
  return true
end

-- A record made from a report learns from a match token who else was a member: they had finished.
local function completeMembers(key, room, members)
  if not room.partial then return end
  for _, member in ipairs(members) do
    if not contains(room.members, member) then room.finished[#room.finished + 1] = member end
  end
  room.members, room.partial = members, nil
  redis.call('HSET', key, 'members', table.concat(room.members, ' '), 'finished', table.concat(room.finished, ' '))
  redis.call('HDEL', key, 'partial')
end

local function ridOf(roomId, gen, player)
  return roomId .. '/' .. string.format('%d', gen) .. '/' .. player
end
`;
