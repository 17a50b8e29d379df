import { architectureOf, imageParameter } from '../lib/images';
import { maximumWithSurge } from '../lib/realtime-stack';
import type { Plan } from '../runtime/doctor';
import type { Environment } from './environment';

/** Written by `cdk bootstrap`. */
const BOOTSTRAPPED = '/cdk-bootstrap/hnb659fds/version';

/** What an environment needs of an account, for the doctor. */
export function planOf(stack: string, environment: Environment): Plan {
  const { azs, image, balancer, registry, api, domain, alarms } = environment;
  const clusters = Object.entries(environment.clusters).map(([name, { instanceType, nodes, scaling, spot }]) => ({
    ...{ name, instanceType, nodes, spot, most: maximumWithSurge(scaling) },
  }));
  const images = [balancer, ...clusters].map(({ instanceType }) =>
    imageParameter(image, stack, architectureOf(instanceType)),
  );
  return {
    ...{ stack, azs, clusters },
    balancerType: balancer.instanceType,
    registry: { nodeType: registry.nodeType, members: 1 + registry.replicas },
    parameters: [...new Set([BOOTSTRAPPED, ...images])],
    apiCertificateArn: api.certificateArn ?? null,
    names: domain
      ? { domain: domain.name, hostedZoneId: domain.hostedZoneId, certificateSecret: domain.certificateSecretArn }
      : null,
    secrets: alarms.slackSecretArn === undefined ? {} : { Slack: alarms.slackSecretArn },
  };
}
