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
    ['clusters.game.spot', '{"share":2,"instanceTypes":["c6g.medium"]}', /^clusters\.game\.spot\.share: /],
    [
      'clusters.game.spot',
      '{"share":0.5,"instanceTypes":[]}',
      /^clusters\.game\.spot\.instanceTypes: must name a further/,
    ],
    [
      'clusters.game.spot',
      '{"share":0.5,"instanceTypes":["c6g.medium","c7i.large"]}',
      /^clusters\.game\.spot\.instanceTypes\[1\]: must be arm64 like c7g\.medium/,
    ],
    [
      'clusters.game.warmPool',
      '{"nodes":101}',
      /^clusters\.game\.warmPool\.nodes: must be at most scaling\.maximum \(100\)/,
    ],
    ['clusters.chat', '{}', /^clusters\.chat\.program: must be the path of a bundle/],
    ['clusters.chat', '{"program":"no/such/file.js"}', /^clusters\.chat\.program: is no file here/],
    ['clusters.game.plugin', 'no/such/game.js', /^clusters\.game\.plugin: is no file here/],
    ['clusters.lobby.plugin', 'cdk.json', /^clusters\.lobby\.plugin: is for the game program of ours/],
    [
      'clusters.game',
      '{"program":"cdk.json","plugin":"cdk.json"}',
      /^clusters\.game\.plugin: .*not together with program/,
    ],
    [
      'clusters.game.settings',
      '{"GAME_PLUGIN":"x.js"}',
      /^clusters\.game\.settings\.GAME_PLUGIN: .*is set by the infra/,
    ],
    ['clusters.Chat', '{"program":"cdk.json"}', /^clusters\.Chat: is no usable name/],
    ['clusters.api', '{"program":"cdk.json"}', /^clusters\.api: is no usable name: is taken by a part of the stack/],
    ['clusters.game.probe', 'udp', /^clusters\.game\.probe: must be socket\.io, http, or http:PORT/],
    ['clusters.game.probe', 'http:70000', /^clusters\.game\.probe: must have a port up to 65535/],
    ['clusters.game.port', '443', /^clusters\.game\.port: must be 1024 or more/],
    ['clusters', '[]', /^clusters: /],
    ['domain', '{"name":"nodes.example.com"}', /^domain\.hostedZoneId: /],
    ['alarms.slackSecretArn', 'hooks.slack.com', /^alarms\.slackSecretArn: must be the whole ARN of a secret/],
    ['alarms.email', 'ops', /^alarms\.email: must be an e-mail address/],
    ['alarms', '{"email":"a@b.example","topicArn":"x"}', /^alarms\.email: is for the topic that the stack makes/],
    ['logs.retentionDays', '31', /^logs\.retentionDays: must be one of 1, 3, 5, 7, 14, 30,/],
    ['github.repository', 'realtime-fleet', /^github\.repository: must be OWNER\/NAME/],
    ['image', 'mine', /^image: /],
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

  it('finds what is wrong between fields also when single fields are wrong', () => {
    const wrong = {
      ...ONE,
      azs: 'many',
      'clusters.game': '{"nodes":9,"instanceType":"large","scaling":{"minimum":9,"maximum":5}}',
      'clusters.lobby': '{"spot":{"share":0,"instanceTypes":["c7i.large"]},"warmPool":{"nodes":1}}',
      'clusters.chat': '{"port":"x"}',
    };
    expect([...mistakes(wrong)].sort()).toEqual([
      expect.stringMatching(/^azs: /),
      expect.stringMatching(/^clusters\.chat\.port: /),
      expect.stringMatching(/^clusters\.chat\.program: must be the path/),
      expect.stringMatching(/^clusters\.game\.instanceType: /),
      expect.stringMatching(/^clusters\.game\.nodes: must be at most scaling\.maximum \(5\), is 9/),
      expect.stringMatching(/^clusters\.game\.scaling\.minimum: must be at most maximum \(5\), is 9/),
      expect.stringMatching(/^clusters\.lobby\.spot\.instanceTypes\[0\]: must be arm64/),
      expect.stringMatching(/^clusters\.lobby\.spot\.share: /),
      expect.stringMatching(/^clusters\.lobby\.warmPool: cannot be together with spot/),
    ]);
  });

  it('refuses more windows than instances can be given', () => {
    const window = { from: '18:00', to: '23:00', zone: 'America/Argentina/Buenos_Aires', atLeast: 20 };
    const schedule = JSON.stringify(Array.from({ length: 60 }, () => window));
    expect(mistakes({ ...ONE, 'clusters.game.scaling.schedule': schedule })).toEqual([
      expect.stringMatching(/^clusters: their scaling takes \d+ bytes of JSON/),
    ]);
  });

  it('gives further clusters their minimum to begin with, and the registry only to the lobby', () => {
    const context = { ...ONE, instanceNum: '10', 'clusters.chat': '{"program":"cdk.json","scaling":{"minimum":3}}' };
    expect(environment('prod-realtime', context)?.clusters).toMatchObject({
      lobby: { nodes: 5, registry: true },
      game: { nodes: 5, registry: false },
      chat: { nodes: 3, registry: false, probe: 'socket.io', port: 8080 },
    });
  });

  it('refuses names that CloudFormation would', () => {
    expect(mistakes({ environments: { prod_realtime: {} } })).toEqual([
      expect.stringMatching(/^environments\.prod_realtime: /),
    ]);
    expect(mistakes({})).toEqual([expect.stringMatching(/^environments: /)]);
  });
});
