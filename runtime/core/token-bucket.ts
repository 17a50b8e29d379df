/** How many events are let through: `perSecond` on average, `burst` at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** What is left of an allowance. Starts full. */
export interface Bucket {
  readonly tokens: number;
  /** When `tokens` was true, in milliseconds of any clock. */
  readonly atMs: number;
}

export function fullBucket(rate: Rate, nowMs: number): Bucket {
  return { tokens: rate.burst, atMs: nowMs };
}

/** Takes one token if there is one. A clock that went back refills nothing. */
export function takeToken(
  bucket: Bucket,
  rate: Rate,
  nowMs: number,
): { readonly allowed: boolean; readonly bucket: Bucket } {
  const passedMs = Math.max(0, nowMs - bucket.atMs);
  const tokens = Math.min(rate.burst, bucket.tokens + (passedMs * rate.perSecond) / 1_000);
  const allowed = tokens >= 1;
  return { allowed, bucket: { tokens: allowed ? tokens - 1 : tokens, atMs: nowMs } };
}
