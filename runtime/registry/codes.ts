/** What scripts answer: every code that Lua returns, in one table. */
export const CODES = {
  OK: 0,
  FULL: 1,
  BUSY: 2,
  NO_NODES: 3,
  IDEMPOTENCY_KEY_REUSED: 4,
  STALE: 5,
  ROOM_CLOSED: 6,
  MATCH_TOKEN_INVALID: 7,
  ROOMS_ASKED: 8,
} as const;

export type Code = keyof typeof CODES;

const NAMES = new Map<number, Code>(Object.entries(CODES).map(([name, code]) => [code, name as Code]));

/** The name of a code that a script returned. @throws when no script should ever return it. */
export function codeName(code: number): Code {
  const name = NAMES.get(code);
  if (name === undefined) throw new Error(`a script returned the unknown code ${code}`);
  return name;
}

/** Lua: each code as a local variable of its name. */
export const luaCodes = Object.entries(CODES)
  .map(([name, code]) => `local ${name} = ${code}`)
  .join('\n');
