/** Waits until `check` returns a truthy value (and returns it), polling every 10 ms; fails with `what` after `withinMs`. */
export async function eventually<T>(
  what: string,
  check: () => T | Promise<T>,
  withinMs = 30_000,
): Promise<NonNullable<Exclude<T, false | 0 | ''>>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await check();
    if (value) return value as NonNullable<Exclude<T, false | 0 | ''>>;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
