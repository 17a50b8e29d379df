/**
 * Lua: whether this Redis knows every live room. `gathered` is written once every node has reported, and names the process that
 * was told: an emptied Redis has lost the key, one that was restarted or that took over by a fail-over is another process. Either
 * may have lost placements, so nothing is placed before the nodes have reported again.
 */
export const luaGathered = `
-- Where INFO is not allowed all processes count as one: then only an emptied Redis is noticed.
local function inThisProcess(epoch)
  local info = redis.pcall('INFO', 'server')
  return (type(info) == 'string' and string.match(info, 'run_id:(%w+)') or '') .. ' ' .. epoch
end

-- The epoch under which the rooms were gathered; nil when rooms may be missing.
local function gatheredUnder(key)
  local stored = redis.call('GET', key)
  local epoch = stored and string.match(stored, ' (%d+)$')
  return epoch and stored == inThisProcess(epoch) and tonumber(epoch) or nil
end
`;
