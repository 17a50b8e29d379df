import { defineScript } from '../scripts';
import { luaMatch } from './lib/match';

export const matchRelease = defineScript(
  'match-release.6',
  `
-- Ends the membership of some players, or of all. The match is over with its last member. All released from a match that never
-- was complete: it is dissolved, so its players wait again at their old place, those who have gone to the game when they come back.
--
-- ARGV[2]     room id
-- ARGV[3..]   player ids; none: all
-- Returns     how many memberships ended
${luaMatch}
local roomId = ARGV[2]
local match = load(MATCHES, roomId)
local released = 0
for index = 3, #ARGV do
  local id = ARGV[index]
  local player = load(PLAYERS, id)
  if player and player.room == roomId then
    forget(id)
    released = released + 1
  end
  if match then match.released[id] = true end
end
if not match then return released end

local left = 0
for _, id in ipairs(match.members) do
  local player = load(PLAYERS, id)
  if player and player.room == roomId then left = left + 1 end
end
if #ARGV == 2 and match.status == 'open' then
  dissolve(match)
  return released + left
end
if #ARGV == 2 or left == 0 then
  finish(match, 'ended', function() return false end)
  return released + left
end
saveMatch(match)
return released
`,
);
