import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lacksAccount } from '../../bin/offline-diff';
import { stacksIn } from '../../bin/templates';

describe('a diff is left to the CDK', () => {
  it.each([
    [['--profile=play'], {}],
    [['prod-realtime', '--template', 'other.json'], {}],
    [['-h'], {}],
    [[], { AWS_PROFILE: 'play' }],
    [[], { AWS_ENDPOINT_URL: 'http://127.0.0.1:5000' }],
  ])('with %j and %j', async (args, env) => {
    expect(await lacksAccount(args, env)).toBe(false);
  });
});

describe('names of stacks', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rf-stacks-'));
    for (const name of ['a-b', 'a-c', 'd']) writeFileSync(join(folder, `${name}.template.json`), '{}');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('may hold a *', () => {
    expect(stacksIn(folder, [])).toEqual(['a-b', 'a-c', 'd']);
    expect(stacksIn(folder, ['d', 'a-*', 'a-b'])).toEqual(['d', 'a-b', 'a-c']);
  });

  it('are refused when they fit none', () => {
    expect(() => stacksIn(folder, ['d', 'a', 'a.b'])).toThrow('There is no stack a, a.b; there are a-b, a-c, d');
  });
});
