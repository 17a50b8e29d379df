import { defineScript } from '../scripts';
import { MATCH_SHARED } from './match-shared';

/**
 * Counts the waiting players of each queue.
 *
 * KEYS[1..6]  see match-shared.ts
 * ARGV[1]     now, Unix milliseconds, or empty
 * ARGV[2]     most queues to list
 * Returns     for each queue two values: 'mode|pool', players
 */
export const MATCH_DEPTHS = defineScript(
  'match-depths',
  `${MATCH_SHARED}
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
