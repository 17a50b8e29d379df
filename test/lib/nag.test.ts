import { describe, expect, it } from '@jest/globals';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { type Synthesised, synthesise, synthesiseAnew, synthesiseImage } from './synthesised';

function violations({ app, stack }: Synthesised): string[] {
  return new AwsSolutionsChecks(app).validateScope(stack).violations.map(({ ruleName }) => ruleName);
}

describe("cdk-nag's AwsSolutions", () => {
  it('finds nothing, with and without HTTPS, for any account and for a given one', () => {
    expect(violations(synthesise())).toEqual([]);
    const certificateArn = 'arn:aws:acm:ap-northeast-1:123456789012:certificate/abc';
    const given = { account: '123456789012', region: 'ap-northeast-1', 'api.certificateArn': certificateArn };
    expect(violations(synthesise(given))).toEqual([]);
  }, 60_000);

  it('finds nothing in the image stack, and nothing with all options', () => {
    const github = { 'github.repository': 'acme/realtime-fleet' };
    expect(violations(synthesiseImage(github))).toEqual([]);
    const secret = 'arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:name-AbCdEf';
    const all = {
      'clusters.game.spot': '{"share":0.5,"instanceTypes":["c6g.medium"]}',
      'clusters.lobby.warmPool.nodes': '2',
      'clusters.chat.program': 'test/lib/nag.test.ts',
      domain: JSON.stringify({ name: 'nodes.example.com', hostedZoneId: 'Z1', certificateSecretArn: secret }),
      'alarms.slackSecretArn': secret,
      image: 'own',
    };
    expect(violations(synthesise(all))).toEqual([]);
  }, 60_000);

  it('would find something', () => {
    const synthesised = synthesiseAnew('realtime');
    new Bucket(synthesised.stack, 'Open');
    expect(violations(synthesised)).toContain('AwsSolutions-S10');
  }, 60_000);
});
