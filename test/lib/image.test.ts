import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { resources, type Synthesised, synthesise, synthesiseImage, text } from './synthesised';

const BUILDER = 'AWS::ImageBuilder';
const GITHUB = { 'github.repository': 'acme/realtime-fleet' };

let image: Synthesised;
beforeAll(() => {
  image = synthesiseImage({ 'clusters.game.instanceType': 'c7i.large', ...GITHUB });
}, 60_000);

const all = (type: string, of = image) => resources(of, `${BUILDER}::${type}`).map(([, { Properties }]) => Properties);

/** Commands by step. */
function commands(): Record<string, string[]> {
  interface Step {
    readonly name: string;
    readonly inputs: { readonly commands: string[] };
  }
  const { phases }: { phases: { steps: Step[] }[] } = JSON.parse(text(all('Component')[0].Data));
  return Object.fromEntries(phases.flatMap(({ steps }) => steps).map(({ name, inputs }) => [name, inputs.commands]));
}

describe('the image stack', () => {
  it('has a pipeline for each architecture of the instances, which runs on demand', () => {
    expect(all('ImagePipeline').map(({ Name }) => Name)).toEqual(['prod-realtime-arm64', 'prod-realtime-x86']);
    for (const pipeline of all('ImagePipeline')) expect(pipeline).not.toHaveProperty('Schedule');
    expect(all('ImagePipeline', synthesiseImage())).toHaveLength(1);
  }, 60_000);

  it('starts from the newest Amazon Linux 2023', () => {
    expect(all('ImageRecipe').map(({ ParentImage }) => text(ParentImage).replace(/.*:aws:/, ''))).toEqual([
      'image/amazon-linux-2023-arm64/x.x.x',
      'image/amazon-linux-2023-x86/x.x.x',
    ]);
  });

  it("writes the image's id to the parameter that launch templates look up", () => {
    const written = all('DistributionConfiguration').flatMap(({ Distributions }) =>
      Distributions.flatMap(
        ({ SsmParameterConfigurations: parameters }: { SsmParameterConfigurations: object[] }) => parameters,
      ),
    );
    expect(written).toEqual([
      { ParameterName: '/imagebuilder/prod-realtime/arm64', DataType: 'aws:ec2:image' },
      { ParameterName: '/imagebuilder/prod-realtime/x86_64', DataType: 'aws:ec2:image' },
    ]);
    const launched = resources(synthesise({ image: 'own' }), 'AWS::EC2::LaunchTemplate').map(
      ([, { Properties }]) => Properties.LaunchTemplateData.ImageId,
    );
    expect(new Set(launched)).toEqual(new Set(['resolve:ssm:/imagebuilder/prod-realtime/arm64']));
  }, 60_000);

  it('bakes in all that user data would fetch: Node.js, the programs by their hashes, kernel settings', () => {
    const { Packages: packages, Programs: programs = [], Kernel: kernel, Works: works } = commands();
    expect(packages).toContain('dnf install -y nodejs24 aws-cfn-bootstrap amazon-cloudwatch-agent logrotate');
    const baked = programs.join('\n').match(/\/opt\/realtime-fleet\/baked\/[0-9a-f]{64}\.js$/gm);
    expect(new Set(baked).size).toBe(3);
    expect(kernel?.join('\n')).toContain('net.core.somaxconn');
    expect(works?.join('\n')).toContain('sha256sum --check');
    const wanted = resources(synthesise(), 'AWS::EC2::LaunchTemplate').map(
      ([, { Properties }]) => /\S+\/baked\/\S+/.exec(text(Properties.LaunchTemplateData.UserData))?.[0],
    );
    for (const path of wanted) expect(baked).toContain(path);
  }, 60_000);

  it('has commands that bash can read', () => {
    for (const lines of Object.values(commands())) {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: lines.join('\n'), encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
    }
  });

  it('gives what it changes another version, as Image Builder changes nothing in place', () => {
    const [before] = all('Component', synthesiseImage());
    const [after] = all('Component', synthesiseImage({ 'clusters.chat.program': 'test/lib/image.test.ts' }));
    expect(before.Version).toMatch(/^1\.0\.\d+$/);
    expect(after).toMatchObject({ Name: before.Name, Version: expect.not.stringMatching(`^${before.Version}$`) });
    expect(all('ImageRecipe', synthesiseImage())[0].Version).toBe(before.Version);
  }, 60_000);

  it('builds on a machine that nobody can connect to, with IMDSv2, ended also when the build fails', () => {
    for (const infrastructure of all('InfrastructureConfiguration')) {
      expect(infrastructure).toMatchObject({
        TerminateInstanceOnFailure: true,
        InstanceMetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      });
      expect(infrastructure).not.toHaveProperty('KeyPair');
    }
    for (const [, { Properties }] of resources(image, 'AWS::EC2::SecurityGroup')) {
      expect(Properties).not.toHaveProperty('SecurityGroupIngress');
    }
    image.template.resourceCountIs('AWS::EC2::NatGateway', 0);
  });
});

describe('the role of the workflows', () => {
  it('is for jobs of the repository in the environment that asks for approval, and stores no key', () => {
    const role = resources(image, 'AWS::IAM::Role').find(([id]) => id.startsWith('Deploy'))?.[1];
    const [statement] = role?.Properties.AssumeRolePolicyDocument.Statement ?? [];
    expect(statement).toMatchObject({
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
          'token.actions.githubusercontent.com:sub': 'repo:acme/realtime-fleet:environment:prod-realtime',
        },
      },
    });
  });

  it('may take the roles of cdk bootstrap and start these pipelines, nothing else', () => {
    const policies = resources(image, 'AWS::IAM::Policy').filter(([id]) => id.startsWith('Deploy'));
    interface Statement {
      readonly Action: string;
    }
    const actions = policies.flatMap(([, { Properties }]) =>
      Properties.PolicyDocument.Statement.map(({ Action }: Statement) => Action),
    );
    expect(actions.sort()).toEqual([
      'imagebuilder:GetImage',
      'imagebuilder:StartImagePipelineExecution',
      'sts:AssumeRole',
    ]);
  });

  it('is not there unless a repository is named', () => {
    synthesiseImage().template.resourcePropertiesCountIs('AWS::IAM::Role', { RoleName: 'prod-realtime-deploy' }, 0);
  }, 60_000);
});
