import { InstanceArchitecture, InstanceType } from 'aws-cdk-lib/aws-ec2';

/** What instances start from: AWS's newest Amazon Linux 2023, or the image that the environment's own pipeline built last. */
export type ImageSource = 'amazon-linux' | 'own';

/** As AWS names it in its public parameters and images. */
export type Architecture = 'arm64' | 'x86_64';

/** @param instanceType e.g. `c7g.medium` */
export function architectureOf(instanceType: string): Architecture {
  return new InstanceType(instanceType).architecture === InstanceArchitecture.ARM_64 ? 'arm64' : 'x86_64';
}

/** Name of the parameter that holds the image's id at any time; AWS looks it up whenever it launches an instance. */
export function imageParameter(source: ImageSource, stack: string, architecture: Architecture): string {
  if (source === 'amazon-linux')
    return `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`;
  // Image Builder may write below this path without a role of its own.
  return `/imagebuilder/${stack}/${architecture}`;
}
