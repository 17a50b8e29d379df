import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface NetworkProps {
  /** Availability zones. The stack must know as many: see `RealtimeStack.availabilityZones`. */
  readonly azs: number;
}

/**
 * Public subnets for nodes and balancers, as players connect to nodes directly; isolated ones for the registry. No NAT gateways.
 * 4,091 addresses in each public subnet: a subnet that is full would stop a scale-out.
 */
export class Network extends Construct {
  readonly vpc: Vpc;
  /** Access logs of the load balancer, and refused connections; kept for 30 days, and when the stack is deleted. */
  readonly logs: Bucket;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.0.0.0/16'),
      maxAzs: props.azs,
      natGateways: 0,
      // Nothing of ours is in the default group; emptying it takes a custom resource.
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'Public', subnetType: SubnetType.PUBLIC, cidrMask: 20, mapPublicIpOnLaunch: true },
        { name: 'Isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
      // Programs and the distribution's packages come from S3.
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    });

    this.logs = new Bucket(this, 'Logs', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      // Load balancers can write to no other kind.
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      lifecycleRules: [{ expiration: Duration.days(30) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.logs).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'It holds access logs itself; logging access to it would log for ever.',
    });
    this.vpc.addFlowLog('Refused', {
      destination: FlowLogDestination.toS3(this.logs),
      // Players' traffic would cost more to log than to serve.
      trafficType: FlowLogTrafficType.REJECT,
    });
  }
}
