import { luaCodes } from '../codes';
import { defineScript } from '../scripts';

export const leaseRenew = defineScript(
  'lease-renew.1',
  `
-- Makes a lease last longer.
--
-- KEYS[1] lease, string
-- ARGV[1] the lease as its owner knows it
-- ARGV[2] how long it lasts from now, in milliseconds
--
-- Returns OK, or STALE when it is not that lease any more
${luaCodes}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return STALE end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return OK
`,
);
