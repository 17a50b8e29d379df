import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { pageOf } from '../../docs/slack/page';
import { Recording } from '../../docs/slack/recording';

const DOCS = join(__dirname, '../../docs');
const read = (name: string) => readFileSync(join(DOCS, name), 'utf8');

it('docs/slack.md shows what the messages are today; "npm run docs:slack" writes it', () => {
  expect(read('slack.md')).toBe(pageOf(Recording.parse(JSON.parse(read('slack/recording.json')))));
});

it.each([
  ...['Scale-out', 'Scale-in', 'Emergency scale-out', 'At the maximum', 'Scaling failed', 'Node ended'],
  ...['Node dead', 'Node evicted', 'Most nodes are silent', 'The nodes answer again'],
  ...[
    'The other balancer is silent',
    'Fail-over',
    'Fail-back',
    'Redis is lost',
    'Redis is back',
    'The API failed',
    'Operator: drain',
  ],
])('docs/slack.md shows an example of: %s', (title) => {
  expect(read('slack.md')).toContain(`### ${title}\n`);
});
