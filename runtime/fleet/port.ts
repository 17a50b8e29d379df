/** A machine (on AWS) or a process (locally) that runs one node. */
export interface Instance {
  /** Unique for ever: the EC2 instance id, or the supervisor's name for the process. */
  readonly nodeId: string;
  readonly cluster: string;
  /** Where balancer and clients reach the node, e.g. `http://203.0.113.7:9100`; null while it is not known yet. */
  readonly endpoint: string | null;
  readonly zone: string;
  /** Unix time in milliseconds. */
  readonly launchedAtMs: number;
  /** pending: being started. running. terminating: on its way out, no longer ours to use. */
  readonly state: 'pending' | 'running' | 'terminating';
}

/** The fleet answered that it has not done it. Any other failure leaves open whether it did, or still will. */
export class FleetRefusal extends Error {
  override readonly name = 'FleetRefusal';
}

/** What the wanted size of a cluster is, and what its nodes are to run. */
export interface GroupState {
  readonly cluster: string;
  /** Instances wanted, as the group last knew. */
  readonly desired: number;
  /** The version that nodes are to run; null when the fleet does not say. */
  readonly wantedVersion: string | null;
}

/**
 * The fleet as the balancer sees it: "describe, grow, terminate these". Adapters: local processes; Auto Scaling groups and EC2.
 * Every method may reject (throttling, no network); callers retry with backoff and go on meanwhile. Once `limit` fires no further
 * request is sent (S4): by then another balancer may be the owner. @default the adapter's own time limit
 */
export interface Fleet {
  /** All instances of the cluster that exist; one that is absent is gone. */
  describe(cluster: string): Promise<readonly Instance[]>;
  group(cluster: string): Promise<GroupState>;
  /** Sets the absolute size, larger than now; never shrinks. */
  grow(cluster: string, size: number, limit?: AbortSignal): Promise<void>;
  /** Terminates exactly this instance and lowers the group's size by one. Idempotent. */
  terminate(cluster: string, nodeId: string, limit?: AbortSignal): Promise<void>;
  /** Tells the group that the instance is dead, so that the group itself replaces it. Idempotent. */
  reportUnhealthy(cluster: string, nodeId: string, limit?: AbortSignal): Promise<void>;
}
