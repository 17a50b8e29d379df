import { KeyedAnswer } from '../../core/protocol/peer';
import type { PeerLink, PeerQuestions } from '../pair/peer';
import type { MemoryJoins } from './memory-joins';

/** How long the other balancer may take to say whether it knows the key, in milliseconds: the caller waits for it. */
const LIMIT_MS = 300;

/** Tells the other balancer what is about to be answered under a key; null when there is none that answers. */
export function agreeWith(link: PeerLink | null): (answer: KeyedAnswer) => Promise<KeyedAnswer | null> {
  return async (answer) => {
    if (link?.there !== true) return null;
    const held = await link.question('repeat', answer, LIMIT_MS).catch(() => null);
    return KeyedAnswer.safeParse(held).data ?? null;
  };
}

/** What the other balancer asks of our joins. */
export function joinQuestions(joins: () => ReadonlyMap<string, MemoryJoins>): PeerQuestions {
  return {
    repeat: async (payload) => {
      const answer = KeyedAnswer.parse(payload);
      return joins().get(answer.cluster)?.agree(answer) ?? answer;
    },
  };
}
