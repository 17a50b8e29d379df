import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { resources, synthesiseImage } from './synthesised';

const FOLDER = join(__dirname, '../../.github/workflows');
const workflows = readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')] as const);

describe('the workflows', () => {
  it.each(workflows)('%s pins what it uses by commit, and says which version that is', (_, content) => {
    const used = content.match(/uses: .*/g) ?? [];
    expect(used.length).toBeGreaterThan(0);
    for (const line of used) expect(line).toMatch(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it.each(workflows)('%s may only read the repository, and stores no key', (_, content) => {
    expect(content).toMatch(/^permissions:\n {2}contents: read$/m);
    expect(content).not.toMatch(/secrets\.|: write-all|contents: write/);
  });

  it('deploy and build images in the environment that asks for approval, as the role that the image stack makes', () => {
    const github = { 'github.repository': 'acme/realtime-fleet' };
    const role = resources(synthesiseImage(github), 'AWS::IAM::Role').find(([id]) => id.startsWith('Deploy'))?.[1];
    for (const [name, content] of workflows.filter(([of]) => of !== 'test.yml')) {
      expect([name, content]).toEqual([name, expect.stringContaining('environment: prod-realtime\n')]);
      expect(content).toContain(`:role/${role?.Properties.RoleName}\n`);
    }
  }, 60_000);

  it('start the pipeline that the image stack makes, every week and on demand', () => {
    const content = new Map(workflows).get('image.yml') ?? '';
    const [, architecture = ''] = /architecture: \[(.*)\]/.exec(content) ?? [];
    const pipelines = resources(synthesiseImage(), 'AWS::ImageBuilder::ImagePipeline');
    expect(pipelines.map(([, { Properties }]) => Properties.Name)).toEqual([`prod-realtime-${architecture}`]);
    expect(content).toMatch(/schedule:\n {4}- cron: '.*'\n {2}workflow_dispatch:/);
  }, 60_000);
});
