import { defineScript } from '../scripts';
import { luaMatch } from './lib/match';

export const matchDepths = defineScript(
  'match-depths.6',
  `
-- Counts the waiting players of each queue.
--
-- ARGV[2]     most queues to list
-- Returns     for each queue two values: 'mode|pool', players
${luaMatch}
local reply, from = {}, '-'
while #reply < 2 * tonumber(ARGV[2]) do
  local place = redis.call('ZRANGEBYLEX', WAITING, from, '+', 'LIMIT', 0, 1)[1]
  if not place then break end
  local queue = string.match(place, '^[^|]*|[^|]*')
  reply[#reply + 1] = queue
  reply[#reply + 1] = redis.call('ZLEXCOUNT', WAITING, '[' .. queue .. '|', '(' .. queue .. '}')
  from = '[' .. queue .. '}'
end
return reply
`,
);
