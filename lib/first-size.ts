import { Construct } from 'constructs';
import { groupCall } from './group-call';

export interface FirstSizeProps {
  /** Name of the Auto Scaling group. */
  readonly groupName: string;
  /** Instances at the first deploy. */
  readonly nodes: number;
}

/**
 * What CloudFormation cannot do to a group, once, when it is created: a size that later deploys leave alone, as from then on it is
 * the autoscaler's; and no moving of instances between zones, as it would end those with players.
 */
export class FirstSize extends Construct {
  constructor(scope: Construct, id: string, { groupName, nodes }: FirstSizeProps) {
    super(scope, id);
    const suspend = groupCall(this, 'NoRebalance', {
      groupName,
      on: 'create',
      action: 'suspendProcesses',
      parameters: { ScalingProcesses: ['AZRebalance'] },
    });
    const size = groupCall(this, 'Size', {
      groupName,
      on: 'create',
      action: 'setDesiredCapacity',
      parameters: { DesiredCapacity: nodes, HonorCooldown: false },
    });
    size.node.addDependency(suspend);
  }
}
