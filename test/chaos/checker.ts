import { Facts, type Violation } from './facts';
import type { History } from './history';
import { connectionsHold, playersFinish } from './rules/players';
import { nobodyIsCutOff } from './rules/s1-nobody-is-cut-off';
import { roomsStayTogether } from './rules/s2-rooms-stay-together';
import { oneRoomEach } from './rules/s3-one-room-each';
import { oneOwner, onlyOwnersGrow } from './rules/s4-one-owner';
import { cooldownsHold } from './rules/s5-cooldowns';
import { noTicketNoConnection } from './rules/s6-tickets';
import { goodNodesOnly } from './rules/s7-good-nodes-only';
import { noneIsGivenUpTogether } from './rules/s8-mass-failure';

const RULES = [
  nobodyIsCutOff,
  roomsStayTogether,
  oneRoomEach,
  oneOwner,
  onlyOwnersGrow,
  cooldownsHold,
  noTicketNoConnection,
  goodNodesOnly,
  noneIsGivenUpTogether,
  playersFinish,
  connectionsHold,
];

/** What of a history must not be, by the rules S1 to S8 and what players may expect; in the order of time. Pure. */
export function check(history: History): Violation[] {
  const facts = new Facts(history);
  return RULES.flatMap((rule) => rule(facts)).sort((one, other) => one.t - other.t);
}
