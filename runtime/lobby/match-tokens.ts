import type { Agent } from '../agent';
import type { NodeKey } from '../core/protocol/agent';
import type { MatchClaims } from '../core/protocol/ticket';
import type { Match } from '../registry/types';
import { signer } from '../tickets/tokens';

/** How long a match token is good for, in seconds: as long as a complete match holds its players. */
const TTL_S = 3_600;

/** Signs what proves to the API that a player is a member of a room. */
export class MatchTokens {
  readonly #agent: Pick<Agent, 'nodeId' | 'startId' | 'matchSigner'>;
  #key: NodeKey | undefined;
  #sign: ((claims: object) => string) | undefined;

  constructor(agent: Pick<Agent, 'nodeId' | 'startId' | 'matchSigner'>) {
    this.#agent = agent;
  }

  /** Null while no balancer has brought the keys yet. `nowMs` is Unix milliseconds. */
  sign(playerId: string, match: Match, nowMs: number): string | null {
    const key = this.#agent.matchSigner();
    if (key === null) return null;
    if (this.#sign === undefined || this.#key?.key !== key.key) {
      this.#key = key;
      this.#sign = signer(key);
    }
    const iat = Math.floor(nowMs / 1_000);
    const { roomId: id, mode, members } = match;
    const claims: MatchClaims = {
      iss: this.#agent.nodeId,
      st: this.#agent.startId,
      sub: playerId,
      room: { id, mode, members: [...members] },
      iat,
      exp: iat + TTL_S,
    };
    return this.#sign(claims);
  }
}
