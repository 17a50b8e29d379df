import { luaCodes } from '../codes';
import { defineScript } from '../scripts';

export const ordersSave = defineScript(
  'orders-save.1',
  `
-- Keeps the orders of operators that last, unless somebody else has changed them.
--
-- KEYS[1] orders, hash: rev, and orders as JSON
-- ARGV[1] revision that they are to have now; 0: there are none
-- ARGV[2] revision of the new ones
-- ARGV[3] the new ones, JSON
--
-- Returns STALE when they have another revision, else OK
${luaCodes}
if (tonumber(redis.call('HGET', KEYS[1], 'rev') or '0')) ~= tonumber(ARGV[1]) then return STALE end
redis.call('HSET', KEYS[1], 'rev', ARGV[2], 'orders', ARGV[3])
return OK
`,
);
