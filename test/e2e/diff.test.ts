import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = join(__dirname, '../..');
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'rf-home-'));
});
afterAll(() => rmSync(home, { recursive: true }));

/** As on a machine that never heard of AWS, unless something is added. */
function node(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const nowhere = { PATH: process.env.PATH, HOME: home, AWS_EC2_METADATA_DISABLED: 'true' };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    env: { ...nowhere, ...env },
    encoding: 'utf8',
  });
  return { status, stderr, told: stdout + stderr };
}

describe('npm run diff', () => {
  it('compares templates with those of another revision, with no network and no credentials', () => {
    const { status, stderr, told } = node([
      ...['--import', 'tsx', 'bin/diff.ts'],
      ...['prod-realtime-image', '--from', 'HEAD'],
    ]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(told).toMatch(/Stack prod-realtime-image\n/);
  }, 300_000);
});

describe('npx cdk diff', () => {
  const NOTICE = 'this compares with an account in which nothing is';

  it('compares with an empty account where there are no credentials, and says so; exit codes are the CDK’s', () => {
    const context = ['-c', 'clusters.game.instanceType=c6i.large'];
    const { status, stderr, told } = node(['bin/cdk.mjs', 'diff', 'dev-*-image', '--fail', ...context]);
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining(NOTICE) });
    expect(told).toMatch(/Stack dev-realtime-image\n/);
    expect(told).toMatch(/\[\+\] AWS::ImageBuilder::ImagePipeline x86/);
    expect(told).not.toMatch(/Stack prod-realtime/);
  }, 300_000);

  it('asks AWS, or what stands in for it, where there are credentials', () => {
    const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    const emulator = { AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:1', AWS_MAX_ATTEMPTS: '1' };
    const env = { ...keys, ...emulator, CDK_VALIDATION: 'false' };
    const { status, stderr } = node(['bin/cdk.mjs', 'diff', 'dev-realtime-image'], env);
    expect(status).not.toBe(0);
    expect(stderr).not.toContain(NOTICE);
  }, 300_000);

  it('gives every other command to the CDK as it is', () => {
    expect(node(['bin/cdk.mjs', 'synth', '--help'])).toMatchObject({
      status: 0,
      told: expect.stringContaining('--quiet'),
    });
  }, 300_000);
});
