import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { pageOf } from '../../docs/slack/page';
import { Recording } from '../../docs/slack/recording';
import { TITLES } from '../../runtime/notify/slack/kinds';

const DOCS = join(__dirname, '../../docs');
const read = (name: string) => readFileSync(join(DOCS, name), 'utf8');

it('docs/slack.md shows what the messages are today; "npm run docs:slack" writes it', () => {
  expect(read('slack.md')).toBe(pageOf(Recording.parse(JSON.parse(read('slack/recording.json')))));
});

/** The run has none of these: nobody replaced all nodes, and every node came up. */
const MISSING = [
  "Operator's order done",
  'Node did not come up, to be replaced',
  'Rolling replacement: new nodes',
  'Rolling replacement: old nodes drain',
];

it.each([...TITLES.filter((title) => !MISSING.includes(title)), 'Operator: drain'])(
  'docs/slack.md shows an example of: %s',
  (title) => {
    expect(read('slack.md')).toContain(`### ${title}\n`);
  },
);

it('docs/slack.md names those of which it has no example', () => {
  expect(read('slack.md')).toContain(`did not happen in this run: ${MISSING.join('; ')}.\n`);
});
