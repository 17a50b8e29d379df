import { describe, expect, it } from '@jest/globals';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { type Synthesised, synthesise } from './synthesised';

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

  it('would find something', () => {
    const synthesised = synthesise();
    new Bucket(synthesised.stack, 'Open');
    expect(violations(synthesised)).toContain('AwsSolutions-S10');
  }, 60_000);
});
