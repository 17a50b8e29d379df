import { afterAll, describe, expect, it } from '@jest/globals';
import { TestBalancer } from '../../support/agent-client';
import { testRedis } from '../../support/redis';
import { type Play, POINTS, type Point, Race } from './race-play';

const redis = testRedis();
const balancer = new TestBalancer();
afterAll(() => redis.disconnect());

/** The ticket is issued at each point, and its client connects there or at any later one. */
function orders(rest: Pick<Play, 'lost' | 'forgets'>): Play[] {
  return POINTS.flatMap((issued, i) => POINTS.slice(i).map((connects) => ({ issued, connects, ...rest })));
}

/** Plays them all: what became of the players, and the plays that went wrong. */
async function perform(plays: readonly Play[], fine: readonly string[]) {
  const lost: string[] = [];
  const fates = new Set<string>();
  for (const play of plays) {
    const { fate, terminated } = await Race.perform(play, balancer, redis);
    const what = `${JSON.stringify(play)}: ${fate}`;
    fates.add(fate);
    if (!fine.includes(fate)) lost.push(what);
    if (!terminated) lost.push(`${what}, and the node was never ended`);
  }
  return { lost, fates: [...fates].sort() };
}

describe('a ticket is issued, its node is chosen to leave, and the client connects', () => {
  const answers: [string, Point | null][] = [
    ['every call is answered', null],
    ['the answer is lost when it is taken out of the joins', 'suspended'],
    ['the answer to drain is lost', 'drained'],
    ['the answer to seal is lost', 'sealed'],
    ['the answer to terminate is lost', 'terminated'],
  ];
  it.each(answers)(
    'in every order, nobody is lost, and the node is ended: %s',
    async (_, lost) => {
      const fine = ['connected', 'elsewhere'];
      expect(await perform(orders({ lost, forgets: false }), fine)).toEqual({ lost: [], fates: fine });
    },
    180_000,
  );

  it('nor when the registry has lost the reservation', async () => {
    const fine = ['connected', 'elsewhere', 'late'];
    expect(await perform(orders({ lost: null, forgets: true }), fine)).toEqual({ lost: [], fates: fine });
  }, 180_000);
});
