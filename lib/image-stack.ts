import { CfnOutput, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { DeployRole } from './deploy-role';
import { ImagePipeline } from './image-pipeline';
import type { Architecture } from './images';
import { Program } from './program';
import { firstZones } from './zones';

export interface ImageStackProps extends StackProps {
  /** Name of the environment whose instances start from the image, e.g. `prod-realtime`. */
  readonly stack: string;
  /** One pipeline and one image for each. */
  readonly architectures: readonly Architecture[];
  /** Paths of the bundles to bake in. An instance whose program is not among them fetches it as from any other image. */
  readonly programs: readonly string[];
  /** `OWNER/NAME` on GitHub whose workflows may deploy the environment and build its image. @default none */
  readonly repository?: string | undefined;
}

/** Builds images with Node.js, the programs and the kernel settings in them: instances are ready sooner, and need less from outside. */
export class ImageStack extends Stack {
  constructor(scope: Construct, id: string, props: ImageStackProps) {
    super(scope, id, props);
    const { stack, architectures, repository } = props;
    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: 1,
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: 'Public', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: true }],
    });
    Validations.of(vpc).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason: 'Nothing runs in it but a machine for the minutes that it builds an image, which nobody can connect to.',
    });
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', { vpc, description: `${stack}: builds images` });
    const programs = props.programs.map((file, index) => new Program(this, `Program${index + 1}`, { file }));
    const pipelines = architectures.map((architecture) => {
      const pipeline = new ImagePipeline(this, architecture, { stack, architecture, programs, vpc, securityGroup });
      new CfnOutput(this, `Pipeline${architecture.replace('_', '')}`, {
        value: pipeline.arn,
        description: 'Builds the image',
      });
      return pipeline;
    });
    if (repository === undefined) return;
    const role = new DeployRole(this, 'Deploy', { stack, repository, pipelines: pipelines.map(({ arn }) => arn) });
    new CfnOutput(this, 'DeployRole', { value: role.arn, description: 'Role of the workflows' });
  }

  /** Without asking AWS: the first zone of the region, whichever it is. */
  override get availabilityZones(): string[] {
    return firstZones(1);
  }
}
