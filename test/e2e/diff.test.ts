import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(__dirname, '../..');

describe('npm run diff', () => {
  it('compares templates with those of another revision, with no network and no credentials', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'bin/diff.ts', 'prod-realtime-image', '--from', 'HEAD'],
      { cwd: ROOT, env: { PATH: process.env.PATH, HOME: '/nonexistent' }, encoding: 'utf8' },
    );
    expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
    expect(stdout + stderr).toMatch(/Stack prod-realtime-image\n/);
  }, 300_000);
});
