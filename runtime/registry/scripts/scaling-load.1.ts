import { defineScript } from '../scripts';

export const scalingLoad = defineScript(
  'scaling-load.1',
  `
-- What was kept of the decisions about a cluster's size. The count of refused joins begins anew.
--
-- KEYS[1] scaling, hash
--
-- Returns the state (text; empty when there is none), and how long ago the last scale-out and the last scale-in began, in
-- milliseconds by the clock of Redis; -1 when there is no stamp; and the joins refused since the last time
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'state', 'out', 'in', 'refused')
redis.call('HDEL', KEYS[1], 'refused')
local function ago(stamp) return stamp and math.max(0, now - tonumber(stamp)) or -1 end
return { kept[1] or '', ago(kept[2]), ago(kept[3]), tonumber(kept[4] or '0') }
`,
);
