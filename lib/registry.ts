import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { CfnParameterGroup, CfnReplicationGroup, CfnSubnetGroup } from 'aws-cdk-lib/aws-elasticache';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

export interface RegistryProps {
  readonly vpc: IVpc;
  /** Name of the stack, for descriptions. */
  readonly stack: string;
  /** @default 'cache.t4g.small' */
  readonly nodeType?: string;
  /** Copies in other availability zones, 1 to 5; the first of them takes over within about a minute. @default 1 */
  readonly replicas?: number;
}

/** Not the port that everybody tries first. */
const PORT = 6380;

/**
 * Valkey with a replica in another zone and automatic fail-over, in isolated subnets, over TLS, with a password. Never evicts:
 * it would be reservations and rooms that are lost. What it holds can be rebuilt from the nodes, so that nothing is kept on deletion.
 */
export class Registry extends Construct {
  /** Holds the password. */
  readonly secret: Secret;
  readonly securityGroup: SecurityGroup;
  /** `HOST:PORT` of the primary, also after a fail-over. */
  readonly address: string;
  /** Ids of the members, the first primary and its replicas, for metrics. */
  readonly members: readonly string[];

  constructor(scope: Construct, id: string, props: RegistryProps) {
    super(scope, id);
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: `${props.stack}: registry`,
      allowAllOutbound: false,
    });
    this.secret = new Secret(this, 'Password', {
      description: `${props.stack}: password of the registry`,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'ElastiCache takes the new password only with an update of the replication group: a deploy changes both.',
    });
    const subnets = new CfnSubnetGroup(this, 'Subnets', {
      description: `${props.stack}: registry`,
      subnetIds: props.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_ISOLATED }).subnetIds,
    });
    const parameters = new CfnParameterGroup(this, 'Parameters', {
      cacheParameterGroupFamily: 'valkey8',
      description: `${props.stack}: registry`,
      properties: { 'maxmemory-policy': 'noeviction' },
    });
    const size = 1 + (props.replicas ?? 1);
    const group = new CfnReplicationGroup(this, 'Group', {
      replicationGroupDescription: `${props.stack}: registry`,
      engine: 'valkey',
      engineVersion: '8.0',
      cacheNodeType: props.nodeType ?? 'cache.t4g.small',
      cacheParameterGroupName: parameters.ref,
      cacheSubnetGroupName: subnets.ref,
      securityGroupIds: [this.securityGroup.securityGroupId],
      port: PORT,
      numCacheClusters: size,
      automaticFailoverEnabled: true,
      multiAzEnabled: true,
      atRestEncryptionEnabled: true,
      transitEncryptionEnabled: true,
      authToken: this.secret.secretValue.unsafeUnwrap(),
      autoMinorVersionUpgrade: true,
    });
    this.address = `${group.attrPrimaryEndPointAddress}:${PORT}`;
    this.members = Array.from({ length: size }, (_, index) => `${group.ref}-${String(index + 1).padStart(3, '0')}`);
  }

  /** Lets these machines connect. They also need to be able to read `secret`. */
  allowFrom(machines: ISecurityGroup, description: string): void {
    this.securityGroup.addIngressRule(machines, Port.tcp(PORT), description);
  }
}
