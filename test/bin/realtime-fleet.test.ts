import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(__dirname, '../..');

describe('the CDK app', () => {
  it('tells what is wrong with the context, without a stack trace, and ends with code 1', () => {
    const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8'));
    const wrong = { ...context, instanceNum: 'abc', 'clusters.game.scaling.minimum': '200', unknown: '1' };
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'bin/realtime-fleet.ts'], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, CDK_CONTEXT_JSON: JSON.stringify(wrong) },
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toEqual([
      'The configuration is not usable:',
      expect.stringMatching(/^ {2}instanceNum: /),
      expect.stringMatching(/^ {2}clusters\.game\.scaling\.minimum: must be at most maximum \(100\), is 200$/),
      expect.stringMatching(/^ {2}unknown: is not a known setting/),
    ]);
  }, 60_000);
});
