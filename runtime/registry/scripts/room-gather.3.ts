import { luaCodes } from '../codes';
import { defineScript } from '../scripts';
import { luaEpoch } from './lib/epoch';
import { luaGathered } from './lib/gathered';

export const roomGather = defineScript(
  'room-gather.3',
  `
-- Says whether the registry knows every live room, and begins or ends the gathering of them. What is asked for is kept in Redis
-- too: should it be emptied between the question and the last answer, the answers are known to be lost, and asked for again.
--
-- KEYS[1] epoch, string
-- KEYS[2] gathered, string
-- KEYS[3] asked, string
-- ARGV[1] epoch of the owner
-- ARGV[2] 1 when every node has reported all of its rooms since they were last asked, and this was written; else 0
--
-- Returns STALE when a newer owner has written; OK when every room is known; ROOMS_ASKED when all nodes are to be asked now;
-- BUSY when they were asked before
${luaCodes}
${luaEpoch}
${luaGathered}
if epochIsOver(KEYS[1], ARGV[1]) then return STALE end
if gatheredUnder(KEYS[2]) then return OK end
local now = inThisProcess(ARGV[1])
if redis.call('GET', KEYS[3]) ~= now then
  redis.call('SET', KEYS[3], now)
  return ROOMS_ASKED
end
if ARGV[2] == '0' then return BUSY end
redis.call('SET', KEYS[2], now)
redis.call('DEL', KEYS[3])
return OK
`,
);
