import type { Match, PlayerStanding } from '../registry/types';

/** Where a player of this lobby node stands, as far as the node knows. */
export type Stand =
  /** Has sent ENTER; the registry does not know yet. `sinceMs`: as below; null when the time limit does not run yet. */
  | { readonly kind: 'entering'; readonly sinceMs: number | null }
  /** In the queue; `sinceMs` is when the time limit began to run, Unix milliseconds. */
  | { readonly kind: 'waiting'; readonly sinceMs: number }
  | {
      readonly kind: 'matched';
      readonly match: Match;
      readonly acknowledged: boolean;
      /** When ALL_CONNECTED was last sent over the present connection, Unix milliseconds; null when not yet. */
      readonly sentAtMs: number | null;
    };

/**
 * What the registry's word makes of a player's stand; null: the player is no longer this node's business.
 *
 * A dissolved match makes a waiting player again, whose time limit starts anew: the lateness of others is not held against them.
 * A match that the registry calls over, though the player never learned of it, makes one who has to enter again.
 */
export function settle(stand: Stand, standing: PlayerStanding, nowMs: number): Stand | null {
  switch (standing.state) {
    case 'waiting':
      return { kind: 'waiting', sinceMs: stand.kind === 'matched' ? nowMs : (stand.sinceMs ?? nowMs) };
    case 'matched':
      return stand.kind === 'matched' && stand.match.roomId === standing.match.roomId
        ? stand
        : { kind: 'matched', match: standing.match, acknowledged: false, sentAtMs: null };
    case 'gone':
      return stand.kind === 'matched' && stand.acknowledged ? null : { kind: 'entering', sinceMs: null };
    case 'replaced':
      return null;
  }
}

/** Whether ALL_CONNECTED is to be sent now. */
export function isDeliveryDue(
  stand: Stand,
  nowMs: number,
  resendMs: number,
): stand is Extract<Stand, { kind: 'matched' }> {
  if (stand.kind !== 'matched' || stand.acknowledged) return false;
  return stand.sentAtMs === null || nowMs - stand.sentAtMs >= resendMs;
}

/** Whether the player has waited as long as they are to wait. */
export function isTimeUp(stand: Stand, nowMs: number, limitMs: number): boolean {
  return stand.kind === 'waiting' && nowMs - stand.sinceMs >= limitMs;
}
