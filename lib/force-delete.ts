import { CfnResource } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { groupCall } from './group-call';

export interface ForceDeleteProps {
  /** Name of the Auto Scaling group. */
  readonly groupName: string;
  /** Logical id of the custom resource. It must never change: CloudFormation would take the old one for deleted, and the group with it. */
  readonly logicalId: string;
}

/**
 * Deletes a group together with its instances when it leaves the stack, or the stack is deleted: CloudFormation alone would wait
 * for ever for instances that are protected. To be made dependent on the group, so that it comes first.
 */
export class ForceDelete extends Construct {
  constructor(scope: Construct, id: string, { groupName, logicalId }: ForceDeleteProps) {
    super(scope, id);
    const call = groupCall(this, 'Group', {
      groupName,
      on: 'delete',
      action: 'deleteAutoScalingGroup',
      parameters: { ForceDelete: true },
    });
    for (const part of call.node.findAll()) {
      if (CfnResource.isCfnResource(part) && part.cfnResourceType === 'Custom::AWS') part.overrideLogicalId(logicalId);
    }
  }
}
