/** How the times differ that players play: not; up to half more or less; or as calls do, many short and a few long ones. */
export const STAYS = ['fixed', 'uniform', 'exponential'] as const;
export type Stay = (typeof STAYS)[number];

/** A player's time in the room, with this mean, in milliseconds. @param random from [0, 1) */
export function playTime(stay: Stay, meanMs: number, random: number): number {
  if (stay === 'fixed') return meanMs;
  return stay === 'uniform' ? meanMs * (0.5 + random) : -meanMs * Math.log(1 - random);
}
