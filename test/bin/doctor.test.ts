import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseContext } from '../../bin/context';
import { planOf } from '../../bin/plan';

const ROOT = join(__dirname, '../..');

/** Runs it with AWS out of reach. */
function doctor(...args: readonly string[]) {
  const aws = { AWS_REGION: 'ap-northeast-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const env = { PATH: process.env.PATH, ...aws, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
  return spawnSync(process.execPath, ['--import', 'tsx', 'bin/doctor.ts', ...args], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
  });
}

describe('npm run doctor', () => {
  it('says that AWS cannot be asked, and what a month costs all the same', () => {
    const { status, stdout } = doctor('prod-realtime', '-c', 'instanceNum=50', '--json');
    const report = JSON.parse(stdout);
    expect(status).toBe(1);
    expect(report).toMatchObject({ stack: 'prod-realtime', account: null, cost: { currency: 'USD' } });
    expect(report.findings).toEqual([expect.objectContaining({ level: 'problem', check: 'credentials' })]);
    expect(report.cost.perMonth.find(({ configured }: { configured: boolean }) => configured).nodes).toBe(50);
  }, 60_000);

  it.each([
    [['--help'], 0, 'stdout', 'Exit code: 0 when nothing stands in the way'],
    [[], 2, 'stderr', "missing required argument 'environment'"],
    [['nowhere'], 2, 'stderr', 'There is no environment nowhere; there are prod-realtime'],
    [['prod-realtime', '-c', 'instanceNum=abc'], 2, 'stderr', 'instanceNum: must be a whole, even number'],
    [['prod-realtime', '-c', 'nonsense'], 2, 'stderr', '-c nonsense must be KEY=VALUE'],
  ] as const)(
    '%j',
    (args, code, stream, words) => {
      const ended = doctor(...args);
      expect([ended.status, ended[stream]]).toEqual([code, expect.stringContaining(words)]);
      expect(ended.stderr).not.toMatch(/^ {4}at /m);
    },
    60_000,
  );
});

it('the plan is what the context says', () => {
  const context = parseContext({
    environments: { prod: {} },
    ...{ 'clusters.game.spot': '{"share":0.5,"instanceTypes":["c6g.medium"]}', 'clusters.game.scaling.maximum': '40' },
    domain: {
      name: 'nodes.example.com',
      hostedZoneId: 'Z123',
      certificateSecretArn: 'arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:tls-AbCdEf',
    },
  });
  const environment = context.ok ? context.environments.get('prod') : undefined;
  if (environment === undefined) throw new Error('the context is good');
  expect(planOf('prod', environment)).toMatchObject({
    clusters: [
      { name: 'lobby', nodes: 2, most: 125, spot: undefined },
      { name: 'game', nodes: 2, most: 50, spot: { share: 0.5, onDemandBase: 0 } },
    ],
    parameters: [
      '/cdk-bootstrap/hnb659fds/version',
      '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
    ],
    names: { domain: 'nodes.example.com', hostedZoneId: 'Z123' },
  });
});
