import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { type IVpc, Peer, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  ListenerCertificate,
  SslPolicy,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface ApiEndpointProps {
  readonly vpc: IVpc;
  /** Name of the environment, for descriptions. */
  readonly stack: string;
  /** TCP port of the balancers' API. */
  readonly targetPort: number;
  /** Where access logs go. */
  readonly logs: Bucket;
  /** ARN of a certificate in AWS Certificate Manager. @default none: plain HTTP, on port 80 */
  readonly certificateArn?: string;
  /** Who may call, in CIDR notation. @default ['0.0.0.0/0']: everybody who has a key */
  readonly callers?: readonly string[];
}

/** The REST API behind a load balancer: short requests, which load balancers are good at. Players' sockets never pass it. */
export class ApiEndpoint extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly targets: ApplicationTargetGroup;
  readonly securityGroup: SecurityGroup;
  /** Without a trailing slash. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: ApiEndpointProps) {
    super(scope, id);
    const { vpc, stack, certificateArn, targetPort } = props;
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: `${stack}: load balancer of the API`,
      allowAllOutbound: false,
    });
    Validations.of(this.securityGroup).acknowledge({
      id: 'AwsSolutions-EC23',
      reason: 'The API is for callers anywhere that have a key; `api.callers` narrows it.',
    });
    for (const cidr of props.callers ?? ['0.0.0.0/0']) {
      const from = Peer.ipv4(cidr);
      this.securityGroup.addIngressRule(from, Port.tcp(80), certificateArn ? 'Redirected to HTTPS' : 'API');
      if (certificateArn !== undefined) this.securityGroup.addIngressRule(from, Port.tcp(443), 'API');
    }
    this.loadBalancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc,
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
      internetFacing: true,
      securityGroup: this.securityGroup,
      dropInvalidHeaderFields: true,
    });
    this.#logAccess(props.logs, stack);
    this.targets = new ApplicationTargetGroup(this, 'Balancers', {
      vpc,
      port: targetPort,
      protocol: ApplicationProtocol.HTTP,
      deregistrationDelay: Duration.seconds(10),
      healthCheck: {
        path: '/healthz',
        interval: Duration.seconds(5),
        timeout: Duration.seconds(2),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    });
    if (certificateArn === undefined) {
      this.loadBalancer.addListener('Http', { port: 80, open: false, defaultTargetGroups: [this.targets] });
    } else {
      this.loadBalancer.addRedirect({ open: false });
      this.loadBalancer.addListener('Https', {
        port: 443,
        open: false,
        certificates: [ListenerCertificate.fromArn(certificateArn)],
        sslPolicy: SslPolicy.RECOMMENDED_TLS,
        defaultTargetGroups: [this.targets],
      });
    }
    this.url = `${certificateArn === undefined ? 'http' : 'https'}://${this.loadBalancer.loadBalancerDnsName}`;
  }

  /** By hand, as `logAccessLogs()` needs to know the region at synth time (aws/aws-cdk#27432). */
  #logAccess(logs: Bucket, stack: string): void {
    const prefix = `api/${stack}`;
    logs.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [logs.arnForObjects(`${prefix}/AWSLogs/${Stack.of(this).account}/*`)],
      }),
    );
    this.loadBalancer.setAttribute('access_logs.s3.enabled', 'true');
    this.loadBalancer.setAttribute('access_logs.s3.bucket', logs.bucketName);
    this.loadBalancer.setAttribute('access_logs.s3.prefix', prefix);
    this.loadBalancer.node.addDependency(logs);
  }
}
