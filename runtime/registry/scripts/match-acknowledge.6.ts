import { defineScript } from '../scripts';
import { MATCH_SHARED } from './match-shared';

/**
 * Notes that a player has learned of a match.
 *
 * KEYS[1..6]  see match-shared.ts
 * ARGV[1]     now, Unix milliseconds, or empty
 * ARGV[2]     player id
 * ARGV[3]     room id
 * Returns     1 when noted, 0 when the match is unknown or over
 */
export const MATCH_ACKNOWLEDGE = defineScript(
  'match-acknowledge',
  `${MATCH_SHARED}
local match = load(MATCHES, ARGV[3])
if not match or isOver(match) then return 0 end
match.acknowledged[ARGV[2]] = true
saveMatch(match)
return 1
`,
);
