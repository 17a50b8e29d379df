import type { Facts, Violation } from '../facts';
import { only } from '../history';

/** S6: a client without a valid ticket or resume token gets no connection. */
export function noTicketNoConnection({ history }: Facts): Violation[] {
  return only(history, 'knocked')
    .filter(({ letIn }) => letIn)
    .map(({ t, nodeId, with: shown }) => ({ rule: 'S6', t, what: `${nodeId} let somebody in with ${shown}` }));
}
