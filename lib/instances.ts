import { Duration } from 'aws-cdk-lib';
import {
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  InstanceType,
  type ISecurityGroup,
  LaunchTemplate,
  MachineImage,
  type UserData,
} from 'aws-cdk-lib/aws-ec2';
import { type IRole, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledgeWildcards } from './acknowledge';
import { architectureOf, type ImageSource, imageParameter } from './images';

export interface LaunchOptions {
  /** Name of the environment, e.g. `prod-realtime`. */
  readonly stack: string;
  readonly image: ImageSource;
  /** E.g. `c7g.medium`. */
  readonly instanceType: string;
  readonly role: IRole;
  readonly securityGroup: ISecurityGroup;
  readonly userData: UserData;
}

/** IMDSv2 only, an encrypted disk, no key pair; the image is looked up in its parameter when an instance is launched. */
export function launchTemplate(scope: Construct, id: string, options: LaunchOptions): LaunchTemplate {
  const { image, stack, instanceType } = options;
  const parameter = imageParameter(image, stack, architectureOf(instanceType));
  return new LaunchTemplate(scope, id, {
    instanceType: new InstanceType(instanceType),
    machineImage: MachineImage.resolveSsmParameterAtLaunch(parameter),
    role: options.role,
    securityGroup: options.securityGroup,
    userData: options.userData,
    requireImdsv2: true,
    httpPutResponseHopLimit: 1,
    blockDevices: [
      {
        deviceName: '/dev/xvda',
        volume: BlockDeviceVolume.ebs(8, { encrypted: true, volumeType: EbsDeviceVolumeType.GP3 }),
      },
    ],
  });
}

/** A role with nothing but Session Manager, in place of port 22, and what `statements` add. */
export function instanceRole(scope: Construct, id: string, statements: readonly PolicyStatement[]): Role {
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    maxSessionDuration: Duration.hours(1),
  });
  // AWS's managed policy would let it read every parameter of the account.
  const sessions = new Policy(scope, `${id}Sessions`, {
    roles: [role],
    statements: [
      new PolicyStatement({
        actions: [
          'ssm:UpdateInstanceInformation',
          'ssmmessages:CreateControlChannel',
          'ssmmessages:CreateDataChannel',
          'ssmmessages:OpenControlChannel',
          'ssmmessages:OpenDataChannel',
        ],
        resources: ['*'],
      }),
    ],
  });
  acknowledgeWildcards(sessions, 'Session Manager: these actions know no resources.', '*');
  for (const statement of statements) role.addToPrincipalPolicy(statement);
  return role;
}

/** For groups of which our own balancers tell every change, with its reason. */
export const NO_GROUP_NOTIFICATIONS = {
  id: 'AwsSolutions-AS3',
  reason: 'The balancers start and end instances themselves, and log each decision with its reason.',
} as const;
