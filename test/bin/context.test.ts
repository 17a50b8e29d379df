import { describe, expect, it } from '@jest/globals';
import { parseContext } from '../../bin/context';

const ONE = { environments: { 'prod-realtime': {} } };
const TWO = { environments: { 'prod-realtime': {}, 'dev-realtime': { azs: 2 } } };

function mistakes(context: Readonly<Record<string, unknown>>): readonly string[] {
  const parsed = parseContext(context);
  return parsed.ok ? [] : parsed.mistakes;
}

function environment(name: string, context: Readonly<Record<string, unknown>>) {
  const parsed = parseContext(context);
  if (!parsed.ok) throw new Error(parsed.mistakes.join('\n'));
  return parsed.environments.get(name);
}

describe('the context', () => {
  it('needs nothing but names', () => {
    expect(environment('prod-realtime', ONE)).toMatchObject({
      azs: 3,
      clusters: { lobby: { nodes: 2, instanceType: 'c7g.medium' }, game: { nodes: 2 } },
    });
  });

  it('takes text from the command line, for all environments, for one, and deep inside', () => {
    const context = {
      ...TWO,
      instanceNum: '50',
      'dev-realtime.instanceNum': '4',
      'clusters.game.scaling.maximum': '80',
    };
    expect(environment('prod-realtime', context)?.clusters).toMatchObject({
      lobby: { nodes: 25, scaling: { maximum: 100 } },
      game: { nodes: 25, scaling: { maximum: 80 } },
    });
    expect(environment('dev-realtime', context)).toMatchObject({ azs: 2, clusters: { lobby: { nodes: 2 } } });
  });

  it("leaves the CDK's own keys alone", () => {
    const own = {
      'aws:cdk:enable-path-metadata': true,
      '@aws-cdk/core:something': true,
      'availability-zones:account=1': [],
    };
    expect(mistakes({ ...ONE, ...own })).toEqual([]);
  });

  it.each([
    ['instanceNum', 'abc', /^instanceNum: must be a whole, even number/],
    ['instanceNum', '25', /^instanceNum: must be even/],
    ['instanceNum', '0', /^instanceNum: must be 2 or more/],
    ['instanceNum', '500', /^clusters\.lobby\.nodes: must be at most scaling\.maximum \(100\), is 250/],
    ['instanceNm', '50', /^instanceNm: is not a known setting/],
    ['clusters.game.scaling.minimum', '200', /^clusters\.game\.scaling\.minimum: must be at most maximum \(100\)/],
    [
      'clusters.lobby.scaling.schedule',
      '[{"from":"18:00","to":"23:00","zone":"Asia/Tokio","atLeast":20}]',
      /^clusters\.lobby\.scaling\.schedule\[0\]\.zone: is no known time zone/,
    ],
    ['api.certificateArn', 'arn:aws:acm:123', /^api\.certificateArn: must be the ARN of a certificate/],
    ['api.callers', '["anyone"]', /^api\.callers\[0\]: must be in CIDR notation/],
    ['clusters.game.instanceType', 'large', /^clusters\.game\.instanceType: must be an instance type/],
    ['clusters.game.settings', '{"NODE_ID":"x"}', /^clusters\.game\.settings\.NODE_ID: .*is set by the infrastructure/],
    ['clusters.game.settings', '{"TICK_MS":"$(reboot)"}', /^clusters\.game\.settings\.TICK_MS: must be letters/],
    ['azs', '4', /^azs: /],
    ['account', '12', /^account: must be 12 digits/],
  ])('refuses %s=%s', (key, value, expected) => {
    expect(mistakes({ ...TWO, [key]: value })).toContainEqual(expect.stringMatching(expected));
  });

  it('names all mistakes at once, and the environment of those that are not in all of them', () => {
    const context = { ...TWO, instanceNum: 'abc', 'dev-realtime.azs': '1', unknown: '1' };
    expect(mistakes(context)).toEqual([
      expect.stringMatching(/^instanceNum: /),
      expect.stringMatching(/^unknown: /),
      expect.stringMatching(/^dev-realtime\.azs: /),
    ]);
  });

  it('refuses names that CloudFormation would', () => {
    expect(mistakes({ environments: { prod_realtime: {} } })).toEqual([
      expect.stringMatching(/^environments\.prod_realtime: /),
    ]);
    expect(mistakes({})).toEqual([expect.stringMatching(/^environments: /)]);
  });
});
