import { defineScript } from '../scripts';
import { luaMatch } from './lib/match';

export const matchAcknowledge = defineScript(
  'match-acknowledge.6',
  `
-- Notes that a player has learned of a match.
--
-- ARGV[2]     player id
-- ARGV[3]     room id
-- Returns     1 when noted, 0 when the match is unknown or over
${luaMatch}
local match = load(MATCHES, ARGV[3])
if not match or isOver(match) then return 0 end
match.acknowledged[ARGV[2]] = true
saveMatch(match)
return 1
`,
);
