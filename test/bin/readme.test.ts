import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { z } from 'zod';
import { parseContext } from '../../bin/context';
import { planOf } from '../../bin/plan';
import { monthlyCost } from '../../runtime/doctor/cost';
import { TOKYO } from '../../runtime/doctor/prices';

const read = (file: string) => readFileSync(join(__dirname, '../..', file), 'utf8');
const { context } = z.object({ context: z.record(z.string(), z.unknown()) }).parse(JSON.parse(read('cdk.json')));
const readme = read('README.md');

it.each([2, 25, 50])('the README says what %d nodes cost, as the doctor computes it', (nodes) => {
  const parsed = parseContext(context);
  const environment = parsed.ok ? parsed.environments.get('prod-realtime') : undefined;
  if (environment === undefined) throw new Error('cdk.json has prod-realtime');
  const { parts, total } = monthlyCost(planOf('prod-realtime', environment), nodes, TOKYO);
  const row = [nodes, ...Object.values(parts).map(Math.round), Math.round(total)];
  expect(readme).toContain(`| ${row.join(' | ')} |`);
  expect(readme).toContain(`list prices of ${TOKYO.region} in ${TOKYO.asOf}`);
  expect(readme).toContain(`${TOKYO.traffic} dollars a gigabyte`);
});

it('the README names every setting of the context', () => {
  const keys = [
    'account',
    'region',
    'azs',
    'instanceNum',
    'image',
    'domain',
    'api',
    'balancer',
    'registry',
    'alarms',
    'github',
  ];
  const [, section = ''] = /## Deploy to AWS\n([\s\S]*?)\n## /.exec(readme) ?? [];
  for (const key of keys) expect(section).toMatch(new RegExp(`\`${key}[\`.]`));
});
