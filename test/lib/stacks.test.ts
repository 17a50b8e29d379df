import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { App } from 'aws-cdk-lib';
import { parseContext } from '../../bin/context';
import { createStacks } from '../../bin/stacks';
import { resources, synthesise } from './synthesised';

const ROOT = join(__dirname, '../..');

describe('stacks', () => {
  it('are all there at once, with flat names: the environments of cdk.json and their images', () => {
    const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8'));
    const parsed = parseContext(context);
    if (!parsed.ok) throw new Error(parsed.mistakes.join('\n'));
    const app = new App();
    const program = join(ROOT, 'cdk.json');
    for (const [name, environment] of parsed.environments) {
      createStacks(app, name, environment, { balancer: program, lobby: program, game: program });
    }
    const names = app.node.children.map(({ node }) => node.id);
    expect(names).toEqual(['prod-realtime', 'prod-realtime-image', 'dev-realtime', 'dev-realtime-image']);
  }, 60_000);

  it('depend on no look-up: cdk.context.json, which would hold the answers, is empty', () => {
    expect(JSON.parse(readFileSync(join(ROOT, 'cdk.context.json'), 'utf8'))).toEqual({});
  });

  it('are for any account and region unless the context names them', () => {
    expect(synthesise().stack.environment).toBe('aws://unknown-account/unknown-region');
    const given = synthesise({ account: '123456789012', region: 'eu-west-1' });
    expect(given.stack.environment).toBe('aws://123456789012/eu-west-1');
  }, 60_000);

  it('have two zones when two are asked for', () => {
    const zones = resources(synthesise({ azs: '2' }), 'AWS::EC2::Subnet').map(([, { Properties }]) =>
      JSON.stringify(Properties.AvailabilityZone),
    );
    expect(new Set(zones).size).toBe(2);
  }, 60_000);
});

describe('constructs', () => {
  const files = readdirSync(join(ROOT, 'lib')).filter((name) => name.endsWith('.ts'));

  it.each(files)('%s reads neither the context nor the environment: props say everything', (name) => {
    expect(readFileSync(join(ROOT, 'lib', name), 'utf8')).not.toMatch(/tryGetContext|getContext\(|process\.env/);
  });
});
