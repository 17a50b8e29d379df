/** Names by which the infrastructure (`lib/`) and the adapter find groups and instances. */

/** The Auto Scaling group of a cluster, and the value of its instances' cluster tag, e.g. `prod-realtime-game`. */
export function groupName(stack: string, cluster: string): string {
  return `${stack}-${cluster}`;
}

/** Tag of an instance: the name of its group. */
export const CLUSTER_TAG = 'realtime-fleet:cluster';
/** Tag of an instance: the TCP port that its program listens on. */
export const PORT_TAG = 'realtime-fleet:port';
/** Tag of a group: hash of the program and its configuration; the image is added to it (see `nodeVersion`). */
export const VERSION_TAG = 'realtime-fleet:version';

/** Tag of an instance that serves TLS under a name of its own: the domain, and the hosted zone of Route 53 that it is in. */
export const NAMES_TAG = 'realtime-fleet:names';

/** The value of that tag: `nodes.example.com/Z0123456789ABC`. */
export function namesTag(domain: string, hostedZoneId: string): string {
  return `${domain}/${hostedZoneId}`;
}

/** The version that a node says it runs: what it was configured with, and the image it was launched from. */
export function nodeVersion(configVersion: string, imageId: string): string {
  return `${configVersion}-${imageId}`;
}

/** Namespace of an environment's metrics in CloudWatch. */
export function metricNamespace(stack: string): string {
  return `realtime-fleet/${stack}`;
}
