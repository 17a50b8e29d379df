import { luaCodes } from '../codes';
import { defineScript } from '../scripts';

export const leaseGrant = defineScript(
  'lease-grant.2',
  `
-- Gives the lease to an owner under a new epoch. From now on the cluster takes no write under an older one (S4).
--
-- KEYS[1] lease, string
-- KEYS[2] epoch, string
-- ARGV[1] the lease as it is expected to be; empty: free
-- ARGV[2] the owner to be
-- ARGV[3] a number that the new epoch is above, as it is above any that wrote here
-- ARGV[4] by how much it is above
-- ARGV[5] how long the lease lasts, in milliseconds
--
-- Returns OK and the epoch (text), or STALE when the lease is not as expected
${luaCodes}
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return { STALE } end
local highest = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[3]))
local epoch = string.format('%.0f', highest + tonumber(ARGV[4]))
redis.call('SET', KEYS[2], epoch)
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. epoch, 'PX', ARGV[5])
return { OK, epoch }
`,
);
