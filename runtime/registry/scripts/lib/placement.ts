import { HELD_SCORE } from './node';

/** How many nodes are read first; each further reading takes twice as many, up to the most: a lone request reads few, a batch reads seldom. */
const FIRST_PAGE = 4;
const MAX_PAGE = 64;

/** Values given to one call at once: Lua has room for about 8,000. Even, as they are pairs. */
const MAX_UNPACKED = 4_000;

/**
 * Lua: `newPlacement(…)` → `take(rids)`, `save()`. Reads the best nodes page by page, seats many requests among them, and writes
 * each node once at the end. Order: `spread` the lowest score first, `pack` the highest that still has room; held nodes last in both.
 */
export const luaPlacement = `
local function newPlacement(loadKey, stateKey, countsKey, pendingKey, policy, excluded)
  local pack = policy == 'pack'
  local seen, pool, changed, held = {}, {}, {}, {}
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
        pool[#pool + 1] = { name = name, rank = rankOf(tonumber(rows[2 * i])), text = states[i], count = counts[i] }
      end
    end
    unreadRank = rankOf(tonumber(rows[#rows]))
  end

  local function drop(index)
    pool[index] = pool[#pool]
    pool[#pool] = nil
  end

  -- What was read of a node is taken apart only when its turn has come: that costs more than the rest of a placement.
  local function open(index)
    local node = parseNode(pool[index].name, pool[index].text, pool[index].count)
    node.rank = rankOf(scoreOf(node))
    seen[#seen + 1] = node
    if fits(node, 1) then pool[index] = node else drop(index) end
  end

  local function best(seats)
    while true do
      local found, lowest = nil, math.huge
      for i = 1, #pool do
        local node = pool[i]
        local rank = node.rank
        if rank < lowest and (node.text or fits(node, seats)) then found, lowest = i, rank end
      end
      if not exhausted and lowest > unreadRank then
        readMore()
      elseif found and pool[found].text then
        open(found)
      else
        return found
      end
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

  -- Reserves a seat for each rid, none of which was used before, on one node. Returns the node, or nil and why there is none.
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
    for _, rid in ipairs(rids) do
      held[#held + 1], held[#held + 2] = expiresAtMs, memberOf(node, rid)
    end
    node.pending = node.pending + seats
    node.rank = rankOf(scoreOf(node))
    changed[node] = true
    if not fits(node, 1) then drop(found) end
    return node
  end

  function placement.save()
    local counts, scores = {}, {}
    for node in pairs(changed) do
      counts[#counts + 1], counts[#counts + 2] = node.name, node.pending
      scores[#scores + 1], scores[#scores + 2] = scoreOf(node), node.name
    end
    if #counts == 0 then return end
    redis.call('HSET', countsKey, unpack(counts))
    redis.call('ZADD', loadKey, 'XX', unpack(scores))
    for first = 1, #held, ${MAX_UNPACKED} do
      redis.call('ZADD', pendingKey, unpack(held, first, math.min(first + ${MAX_UNPACKED} - 1, #held)))
    end
  end

  return placement
end
`;
