/** What an environment needs of an account, as the doctor looks at it. */
export interface Plan {
  /** Name of the environment, and of its stack. */
  readonly stack: string;
  /** Availability zones: the first ones of the region. */
  readonly azs: number;
  readonly clusters: readonly PlannedCluster[];
  /** Instance type of the two balancers. */
  readonly balancerType: string;
  readonly registry: { readonly nodeType: string; readonly members: number };
  /** Parameters that must be there before a deploy. */
  readonly parameters: readonly string[];
  /** Certificate of the API, in AWS Certificate Manager. */
  readonly apiCertificateArn: string | null;
  /** Where nodes have names, and the secret with their certificate; null: no `wss://`. */
  readonly names: {
    readonly domain: string;
    readonly hostedZoneId: string;
    readonly certificateSecret: string;
  } | null;
  /** Other secrets that must be there, by what they are for. */
  readonly secrets: Readonly<Record<string, string>>;
}

export interface PlannedCluster {
  readonly name: string;
  readonly instanceType: string;
  /** Nodes at the first deploy. */
  readonly nodes: number;
  /** The most nodes ever, those of a rolling replacement included. */
  readonly most: number;
  /** Nodes beyond `onDemandBase` that are Spot instances, as a fraction. @default none */
  readonly spot?: { readonly share: number; readonly onDemandBase: number } | undefined;
}

/** Of so many nodes, those that are no Spot instances. */
export function onDemand({ spot = { share: 0, onDemandBase: 0 } }: PlannedCluster, nodes: number): number {
  const base = Math.min(nodes, spot.onDemandBase);
  return base + Math.ceil((nodes - base) * (1 - spot.share));
}

/** Balancers of an environment. */
export const BALANCERS = 2;
