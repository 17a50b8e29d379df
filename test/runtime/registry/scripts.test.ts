import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { CODES, codeName } from '../../../runtime/registry/codes';
import { defineScript, Reply, run, type Script } from '../../../runtime/registry/scripts';
import { testRedis } from '../../support/redis';

const folder = join(__dirname, '../../../runtime/registry/scripts');
const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
const Exported = z.object({ name: z.string(), lua: z.string(), sha: z.string(), keyCount: z.number().nullable() });

const redis = testRedis();
afterAll(() => redis.disconnect());

async function load(file: string): Promise<Script> {
  const [script] = Object.values(await import(join(folder, file)));
  return Exported.parse(script);
}

/** What the header lists: the numbers, and from which on it is a list of any length (`ARGV[6…]`). */
function declared(lua: string, what: 'KEYS' | 'ARGV'): { numbers: number[]; openFrom: number } {
  const found = [...lua.matchAll(new RegExp(`^-- ${what}\\[(\\d+)(…|\\.\\.)?\\] +\\S`, 'gm'))];
  const open = found.find((match) => match[2] !== undefined);
  return {
    numbers: found.map((match) => Number(match[1])).sort((left, right) => left - right),
    openFrom: open ? Number(open[1]) : Number.POSITIVE_INFINITY,
  };
}

/** What the code reads by a number of its own. */
function used(lua: string, what: 'KEYS' | 'ARGV'): number[] {
  const code = lua.replaceAll(/--.*$/gm, '');
  return [...new Set([...code.matchAll(new RegExp(`\\b${what}\\[(\\d+)\\]`, 'g'))].map((match) => Number(match[1])))];
}

describe.each(files)('%s', (file) => {
  it('is named after its script and its number of keys', async () => {
    const { name, lua, keyCount } = await load(file);
    expect(`${name}.ts`).toBe(file);
    const { numbers, openFrom } = declared(lua, 'KEYS');
    expect(keyCount).toBe(openFrom === Number.POSITIVE_INFINITY ? numbers.length : null);
  });

  it.each(['KEYS', 'ARGV'] as const)('has a header that lists the %s it uses, and no others', async (what) => {
    const { lua } = await load(file);
    const { numbers, openFrom } = declared(lua, what);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    for (const number of used(lua, what)) expect(number <= numbers.length || number >= openFrom).toBe(true);
    const inLists = lua.includes(`#${what}`) || lua.includes(`unpack(${what}`);
    for (const number of numbers) expect(used(lua, what).includes(number) || number === openFrom || inLists).toBe(true);
  });

  it('says what it returns, and Redis can compile it', async () => {
    const { lua, sha } = await load(file);
    expect(lua).toMatch(/^-- Returns\b/m);
    expect(await redis.script('LOAD', lua)).toBe(sha);
  });
});

describe('run', () => {
  const echo = defineScript('echo.1', 'return { KEYS[1], ARGV[1], 7 }');

  it('sends the text when Redis does not know the script', async () => {
    await redis.script('FLUSH');
    for (let round = 0; round < 2; round++) expect(await run(redis, echo, ['k'], ['a'])).toEqual(['k', 'a', 7]);
  });

  it('refuses the wrong number of keys', async () => {
    await expect(run(redis, echo, [], [])).rejects.toThrow('script echo.1 got 0 keys');
  });

  it('passes on a mistake in the script as it is', async () => {
    await expect(run(redis, defineScript('broken.0', 'return nothing.there'), [], [])).rejects.toThrow('nothing');
  });
});

describe('Reply', () => {
  it('reads value by value and names what is not as expected', () => {
    const script = defineScript('some.0', '');
    const reply = new Reply(script, [1, 'two', null]);
    expect([reply.int(), reply.text(), reply.done]).toEqual([1, 'two', false]);
    expect(() => reply.text()).toThrow('script some.0: value 3 of the reply is object, expected a string');
    expect(() => new Reply(script, 'x').int()).toThrow('value 1 of the reply is string, expected an integer');
  });
});

it('gives each code one name, and refuses others', () => {
  for (const [name, code] of Object.entries(CODES)) expect(codeName(code)).toBe(name);
  expect(() => codeName(99)).toThrow('unknown code 99');
});
