/** Who is to say where a room is. */
export type StartRoute =
  /** The registry. */
  | 'registry'
  /** We do, from memory. */
  | 'memory'
  /** The other balancer. */
  | 'peer'
  /** Nobody can just now. */
  | 'wait';

export interface StartSituation {
  /** We rely on the registry. */
  readonly answers: boolean;
  /** We were the last owner of the game cluster, as far as we know. */
  readonly claim: boolean;
  /** It is our turn: the other balancer has agreed that we place rooms from memory. */
  readonly turn: boolean;
  /** Null: there is no other balancer. */
  readonly peer: {
    /** It is not silent. */
    readonly there: boolean;
    /** It has heard us a moment ago, so that it cannot have given us up. */
    readonly hearsUs: boolean;
    readonly answers: boolean;
    readonly claim: boolean;
    /** It places rooms from memory, or is about to. */
    readonly placing: boolean;
  } | null;
}

/**
 * Where a `start` goes (S2). At every moment one of the registry and the two memories decides: the last owner takes its turn only when
 * the other balancer has agreed and does without the registry as well, and the other one then sends every `start` there, even when the
 * registry answers it again, until the turn is over. A turn is over for its holder before the other balancer can take it for dead.
 */
export function startRoute({ answers, claim, turn, peer }: StartSituation): StartRoute {
  if (turn) return peer === null || peer.hearsUs ? 'memory' : 'wait';
  if (peer?.there && peer.placing) return 'peer';
  if (answers) return 'registry';
  if (!peer?.there) return 'wait';
  if (peer.answers) return 'peer';
  return !claim && peer.claim ? 'peer' : 'wait';
}

/** Whether to ask the other balancer for the turn (to take it, when there is none). */
export function wantsTurn({ answers, claim, turn, peer }: StartSituation): boolean {
  if (answers || turn || !claim) return false;
  return peer === null || (peer.there && peer.hearsUs && !peer.answers && !peer.placing);
}
