import { luaCodes } from '../codes';
import { defineScript } from '../scripts';
import { luaEpoch } from './lib/epoch';

export const scalingSave = defineScript(
  'scaling-save.2',
  `
-- Keeps what the decisions about a cluster's size remember, and begins cooldowns by the clock of Redis.
--
-- KEYS[1] epoch, string
-- KEYS[2] scaling, hash
-- ARGV[1] epoch of the owner
-- ARGV[2] state, any text
-- ARGV[3..] the cooldowns that begin now: out, in
--
-- Returns STALE when a newer owner has written, else OK
${luaCodes}
${luaEpoch}
if epochIsOver(KEYS[1], ARGV[1]) then return STALE end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[2], 'state', ARGV[2])
for i = 3, #ARGV do redis.call('HSET', KEYS[2], ARGV[i], string.format('%.0f', now)) end
return OK
`,
);
