import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const ROOT = join(__dirname, '../..');
const security = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');

it('SECURITY.md links to files that are there', () => {
  const links = [...security.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, path = '']) => path);
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
