import { HELD_SCORE } from './node';

/** How many nodes are read first; each further reading takes twice as many, up to the most: a lone request reads few, a batch reads seldom. */
const FIRST_PAGE = 4;
const MAX_PAGE = 64;

/**
 * Lua: `newPlacement(…)` → `take(rids)`, `save()`. Reads the best nodes page by page, seats many requests among them, and writes
 * each node once at the end. Order: `spread` the lowest score first, `pack` the highest that still has room; held nodes last in both.
 */
export const luaPlacement = `
local function newPlacement(loadKey, stateKey, countsKey, pendingKey, policy, excluded)
  local pack = policy == 'pack'
  local seen, pool, changed = {}, {}, {}
  local offset, page, heldOnly, exhausted = 0, ${FIRST_PAGE}, false, false
  -- No node that was not read yet ranks before this.
  local unreadRank = -math.huge
  local refusals = {}

  local function rankOf(score)
    return (pack and score < ${HELD_SCORE}) and -score or score
  end

  local function readPage()
    local rows
    if not pack then
      rows = redis.call('ZRANGE', loadKey, offset, offset + page - 1, 'WITHSCORES')
    elseif heldOnly then
      rows = redis.call('ZRANGEBYSCORE', loadKey, ${HELD_SCORE}, '+inf', 'WITHSCORES', 'LIMIT', offset, page)
    else
      rows = redis.call('ZREVRANGEBYSCORE', loadKey, '(' .. ${HELD_SCORE}, '-inf', 'WITHSCORES', 'LIMIT', offset, page)
      if #rows == 0 then
        heldOnly, offset = true, 0
        return readPage()
      end
    end
    offset, page = offset + page, math.min(2 * page, ${MAX_PAGE})
    return rows
  end

  -- All or none: the seats must be free, and the reservations fit into the window (a party larger than it needs it empty).
  local function fits(node, seats)
    return node.capacity - node.sessions - node.pending >= seats
      and (node.pending + seats <= node.window or node.pending == 0)
  end

  local function readMore()
    local rows = readPage()
    if #rows == 0 then
      exhausted = true
      return
    end
    local names = {}
    for i = 1, #rows, 2 do names[#names + 1] = rows[i] end
    local states = redis.call('HMGET', stateKey, unpack(names))
    local counts = redis.call('HMGET', countsKey, unpack(names))
    for i, name in ipairs(names) do
      if states[i] and not excluded[name] then
        local node = parseNode(name, states[i], counts[i])
        node.rank = rankOf(scoreOf(node))
        seen[#seen + 1] = node
        if fits(node, 1) then pool[#pool + 1] = node end
      end
    end
    unreadRank = rankOf(tonumber(rows[#rows]))
  end

  local function best(seats)
    while true do
      local found, lowest = nil, math.huge
      for i = 1, #pool do
        local node = pool[i]
        if node.rank < lowest and fits(node, seats) then found, lowest = i, node.rank end
      end
      if exhausted or lowest <= unreadRank then return found end
      readMore()
    end
  end

  local function refusal(seats)
    if #seen == 0 then return NO_NODES end
    for _, node in ipairs(seen) do
      if node.capacity - node.sessions - node.pending >= seats then return BUSY end
    end
    return FULL
  end

  local placement = {}

  -- Reserves a seat for each rid on one node. Returns the node, or nil and why there is none.
  function placement.take(rids, expiresAtMs)
    local seats = #rids
    -- Nothing becomes free within one call, so what was refused once stays refused.
    if refusals[seats] then return nil, refusals[seats] end
    local found = best(seats)
    if not found then
      refusals[seats] = refusal(seats)
      return nil, refusals[seats]
    end
    local node = pool[found]
    hold(pendingKey, node, rids, expiresAtMs)
    node.rank = rankOf(scoreOf(node))
    changed[node] = true
    if not fits(node, 1) then
      pool[found] = pool[#pool]
      pool[#pool] = nil
    end
    return node
  end

  function placement.save()
    for node in pairs(changed) do saveNode(loadKey, countsKey, node) end
  end

  return placement
end
`;
