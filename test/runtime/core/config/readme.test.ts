import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { ScalingConfig } from '../../../../runtime/core/config/scaling';

/** The settings of the README's table, with their defaults as it shows them. */
function documented(): Map<string, string> {
  const readme = readFileSync(join(__dirname, '../../../../README.md'), 'utf8');
  const [, table = ''] = readme.split('| setting | default | meaning |\n');
  const found = new Map<string, string>();
  for (const [, names = '', defaults = ''] of (table.split('\n\n')[0] ?? '').matchAll(/^\| (`.*?) \| (.*?) \|/gm)) {
    const values = names.includes(', ') ? defaults.split(', ') : [defaults];
    names.split(', ').forEach((name, i) => {
      found.set(name.replaceAll('`', ''), (values[i] ?? '').replaceAll('`', ''));
    });
  }
  return found;
}

/** Every setting that has a default, by its path. */
function* settings(value: object, path: readonly string[] = []): Iterable<[string, string]> {
  for (const [name, inner] of Object.entries(value)) {
    const here = [...path, name];
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) yield* settings(inner, here);
    else yield [here.join('.'), shown(inner)];
  }
}

function shown(value: unknown): string {
  if (typeof value === 'number') return value.toLocaleString('en-US');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

it('the README lists every setting with its default, and no other', () => {
  const actual = [...settings(ScalingConfig.parse({}))].sort();
  expect([...documented()].sort()).toEqual(actual);
});
