import { defineScript } from '../scripts';

export const eventsAppend = defineScript(
  'events-append.2',
  `
-- Adds events to the stream of all balancers. Their ids follow the clock of Redis and grow, also after Redis was emptied.
--
-- KEYS[1] events, stream: entries N-0 with the field e, the event's text
-- KEYS[2] written, string: the last number of this writer's that is in the stream
-- ARGV[1] every id is to be above this
-- ARGV[2] ids for each millisecond of the clock
-- ARGV[3] most events kept, about
-- ARGV[4] how long to remember what this writer wrote, milliseconds
-- ARGV[5..] number and text of each event, in the writer's order
--
-- Returns how many were added; those that are there already are not
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local last = newest and tonumber(string.match(newest[1], '^%d+')) or 0
local id = math.max(now * ARGV[2], last + 1, ARGV[1] + 1)
local written = tonumber(redis.call('GET', KEYS[2]) or '-1')
local added = 0
for i = 5, #ARGV, 2 do
  local number = tonumber(ARGV[i])
  if number > written then
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], string.format('%.0f-0', id), 'e', ARGV[i + 1])
    written = number
    id = id + 1
    added = added + 1
  end
end
redis.call('SET', KEYS[2], string.format('%.0f', written), 'PX', ARGV[4])
return added
`,
);
