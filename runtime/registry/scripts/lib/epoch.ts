/** Lua: `epochIsOver(key, epoch)` says whether a higher epoch has written; else remembers this one (S4). */
export const luaEpoch = `
local function epochIsOver(key, epoch)
  local highest = tonumber(redis.call('GET', key) or '0')
  if tonumber(epoch) < highest then return true end
  if tonumber(epoch) > highest then redis.call('SET', key, epoch) end
  return false
end
`;
