import { describe, expect, it } from '@jest/globals';
import { ScalingVariable, scalingOf } from '../../../../runtime/balancer/scaling/scaling-variable';

function mistakes(text: string): string[] {
  const parsed = ScalingVariable.safeParse(text);
  return parsed.success ? [] : parsed.error.issues.map(({ message }) => message);
}

describe('SCALING', () => {
  it('may be in base64, for files that quotes are trouble in', () => {
    const text = '{"game":{"minimum":4}}';
    const parsed = ScalingVariable.parse(Buffer.from(text).toString('base64'));
    expect(parsed).toEqual(ScalingVariable.parse(text));
    expect(parsed.game?.minimum).toBe(4);
  });

  it('overrides the defaults, cluster by cluster; null leaves a cluster alone', () => {
    const given = ScalingVariable.parse('{"game":{"minimum":4,"in":{"cooldownMs":60000}},"lobby":null}');
    const configs = scalingOf(['lobby', 'game', 'chat'], given);
    expect([...configs.keys()]).toEqual(['game', 'chat']);
    expect(configs.get('game')).toMatchObject({ minimum: 4, maximum: 100, in: { cooldownMs: 60_000, stepNodes: 1 } });
    expect(configs.get('chat')).toMatchObject({
      minimum: 2,
      out: { cooldownMs: 180_000 },
      in: { cooldownMs: 3_600_000 },
    });
  });

  it('names all mistakes at once, each with its path', () => {
    const text = '{"game":{"minimum":9,"maximum":4,"average":{"inBelow":0.9}},"lobby":{"speed":1}}';
    expect(mistakes(text)).toEqual([
      expect.stringMatching(/^game\.minimum: must be at most maximum \(4\), is 9/),
      expect.stringMatching(/^game\.average\.inBelow: must be less than/),
      expect.stringMatching(/^lobby\.speed: is not a known setting/),
    ]);
  });

  it('says when it is no JSON, with an example', () => {
    expect(mistakes('{game')).toEqual([expect.stringMatching(/^JSON is needed, e\.g\. \{"game"/)]);
    expect(mistakes('[]')).toEqual([expect.stringContaining('expected record')]);
  });
});
