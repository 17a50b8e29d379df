import { createHash } from 'node:crypto';
import { Stack } from 'aws-cdk-lib';
import { type IVpc, type SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { CfnInstanceProfile } from 'aws-cdk-lib/aws-iam';
import {
  CfnComponent,
  CfnDistributionConfiguration,
  CfnImagePipeline,
  CfnImageRecipe,
  CfnInfrastructureConfiguration,
} from 'aws-cdk-lib/aws-imagebuilder';
import { Construct } from 'constructs';
import { builderRole } from './builder-role';
import { imageContents } from './image-contents';
import { type Architecture, imageParameter } from './images';
import type { Program } from './program';

export interface ImagePipelineProps {
  /** Name of the environment, e.g. `prod-realtime`. */
  readonly stack: string;
  readonly architecture: Architecture;
  /** Baked in. */
  readonly programs: readonly Program[];
  /** Where the machine that builds runs: its public subnet. */
  readonly vpc: IVpc;
  readonly securityGroup: SecurityGroup;
}

/** What builds: any small machine of the architecture. */
const BUILDERS = { arm64: 't4g.small', x86_64: 't3.small' } as const;
/** AWS's own images, as Image Builder names them. */
const PARENTS = { arm64: 'amazon-linux-2023-arm64', x86_64: 'amazon-linux-2023-x86' } as const;

/**
 * An EC2 Image Builder pipeline. Each run, on demand, starts from the newest Amazon Linux 2023 and writes the new image's id to the
 * parameter that launch templates look up; running nodes are then replaced a few at a time, as by a deploy.
 */
export class ImagePipeline extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: ImagePipelineProps) {
    super(scope, id);
    const { stack, architecture, programs, vpc, securityGroup } = props;
    const { partition, region } = Stack.of(this);
    const name = `${stack}-${architecture === 'arm64' ? 'arm64' : 'x86'}`;
    const data = Stack.of(this).toJsonString(imageContents(programs));
    // Components and recipes never change: what is different has another version.
    const version = versionOf(Stack.of(this).resolve(data));
    const component = new CfnComponent(this, 'Component', {
      ...{ name, version, data },
      platform: 'Linux',
      description: 'Node.js, programs, kernel settings',
    });
    const recipe = new CfnImageRecipe(this, 'Recipe', {
      ...{ name, version },
      parentImage: `arn:${partition}:imagebuilder:${region}:aws:image/${PARENTS[architecture]}/x.x.x`,
      components: [{ componentArn: component.attrArn }],
    });
    const role = builderRole(this, 'Role', programs);
    const profile = new CfnInstanceProfile(this, 'Profile', { roles: [role.roleName] });
    const infrastructure = new CfnInfrastructureConfiguration(this, 'Infrastructure', {
      name,
      instanceProfileName: profile.ref,
      instanceTypes: [BUILDERS[architecture]],
      instanceMetadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
      securityGroupIds: [securityGroup.securityGroupId],
      subnetId: vpc.selectSubnets({ subnetType: SubnetType.PUBLIC }).subnetIds[0],
      terminateInstanceOnFailure: true,
    });
    infrastructure.node.addDependency(vpc.internetConnectivityEstablished, role);
    const distribution = new CfnDistributionConfiguration(this, 'Distribution', {
      name,
      distributions: [
        {
          region,
          amiDistributionConfiguration: { Name: `${name} {{ imagebuilder:buildDate }}` },
          ssmParameterConfigurations: [
            { parameterName: imageParameter('own', stack, architecture), dataType: 'aws:ec2:image' },
          ],
        },
      ],
    });
    const pipeline = new CfnImagePipeline(this, 'Pipeline', {
      name,
      imageRecipeArn: recipe.attrArn,
      infrastructureConfigurationArn: infrastructure.attrArn,
      distributionConfigurationArn: distribution.attrArn,
      imageTestsConfiguration: { imageTestsEnabled: true, timeoutMinutes: 60 },
      // An inventory of packages would need more permissions.
      enhancedImageMetadataEnabled: false,
    });
    this.arn = pipeline.attrArn;
  }
}

/** Of the form that Image Builder asks for, of three numbers below 2^30. */
function versionOf(content: unknown): string {
  const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return `1.0.${Number.parseInt(digest.slice(0, 7), 16)}`;
}
