import { luaCodes } from '../codes';
import { defineScript } from '../scripts';
import { luaEpoch } from './lib/epoch';
import { luaNode } from './lib/node';

export const suspend = defineScript(
  'suspend.3',
  `
-- Takes one node out of the joins until the next refresh. Draining and sealed nodes stay what they are.
--
-- KEYS[1] epoch, string
-- KEYS[2] load, sorted set
-- KEYS[3] state, hash
-- ARGV[1] epoch of the owner
-- ARGV[2] node id
--
-- Returns STALE when a newer owner has written, else OK
${luaCodes}
${luaEpoch}
${luaNode}
if epochIsOver(KEYS[1], ARGV[1]) then return STALE end
local text = redis.call('HGET', KEYS[3], ARGV[2])
if text and takesJoins(parseNode(ARGV[2], text)) then
  redis.call('ZREM', KEYS[2], ARGV[2])
  redis.call('HSET', KEYS[3], ARGV[2], (string.gsub(text, '^(%S+ %S+ %S+ %S+) %S+', '%1 suspect')))
end
return OK
`,
);
