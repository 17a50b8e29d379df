import { defineScript } from '../scripts';
import { luaMatch } from './lib/match';

export const matchAway = defineScript(
  'match-away.6',
  `
-- A player's connection was lost: the place stays, but nobody is matched with this player until they are heard of again.
--
-- ARGV[2]     player id
-- ARGV[3]     connection id; one that does not hold the player changes nothing
-- Returns     1 when the player is away now, else 0
${luaMatch}
local id = ARGV[2]
local player = load(PLAYERS, id)
if not player or player.conn ~= ARGV[3] then return 0 end
if not player.room then unline(id, player) end
park(id)
return 1
`,
);
