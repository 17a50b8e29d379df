import { describe, expect, it } from '@jest/globals';
import { type Synthesised, synthesise, synthesiseAnew, synthesiseImage } from './synthesised';

/** The whole template; hashes of programs and of the CDK's own code taken out, as they say nothing and change with every version. */
function scrubbed({ template }: Synthesised): unknown {
  const text = JSON.stringify(template.toJSON())
    .replaceAll(/[0-9a-f]{64}/g, 'SHA256')
    .replaceAll(/(?<=realtime-fleet:version","PropagateAtLaunch":false,"Value":")[0-9a-f]{12}/g, 'VERSION')
    .replaceAll(/(?<="Version":"1\.0\.)\d+/g, 'VERSION')
    .replaceAll(/(?<=CONFIG_VERSION=)[0-9a-f]{12}/g, 'VERSION');
  return JSON.parse(text);
}

describe('the template', () => {
  it('is the same each time', () => {
    for (const which of ['realtime', 'image'] as const) {
      const [first, second] = [synthesiseAnew(which), synthesiseAnew(which)];
      expect(JSON.stringify(second.template.toJSON())).toBe(JSON.stringify(first.template.toJSON()));
    }
  }, 60_000);

  it('gives nodes another version when their program, their type or their settings change, and only then', () => {
    const version = (over: Readonly<Record<string, unknown>>) => {
      const groups = Object.values(synthesise(over).template.findResources('AWS::AutoScaling::AutoScalingGroup'));
      const tags = groups.map((group) =>
        group.Properties.Tags.find(({ Key }: { Key: string }) => Key.endsWith(':version')),
      );
      return tags.filter((tag) => tag !== undefined).map((tag) => tag.Value);
    };
    const [lobby, game] = version({});
    expect(version({ instanceNum: '50', 'clusters.game.scaling.maximum': '50' })).toEqual([lobby, game]);
    expect(version({ 'clusters.game.settings': '{"TICK_MS":"50"}' })).toEqual([lobby, expect.not.stringMatching(game)]);
    expect(version({ 'clusters.lobby.instanceType': 'm7g.large' })).toEqual([expect.not.stringMatching(lobby), game]);
  }, 60_000);

  it('is as it was', () => {
    expect(scrubbed(synthesise())).toMatchSnapshot();
    expect(scrubbed(synthesiseImage({ 'github.repository': 'acme/realtime-fleet' }))).toMatchSnapshot('image');
  }, 60_000);
});
