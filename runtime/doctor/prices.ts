/** List prices of one region in US dollars, without tax. */
export interface Prices {
  readonly region: string;
  /** Month that they are of. */
  readonly asOf: string;
  /** An hour of an instance, by its type: on demand, Linux. */
  readonly instances: Readonly<Record<string, number>>;
  /** An hour of a node of the registry, by its type: Valkey. */
  readonly registryNodes: Readonly<Record<string, number>>;
  /** What a Spot instance costs of the price on demand, on average; it changes by the hour. */
  readonly spotFraction: number;
  /** An hour of a public IPv4 address. */
  readonly address: number;
  /** A gigabyte of disk (gp3) for a month. */
  readonly disk: number;
  /** An hour of a load balancer, and of one unit of its capacity (LCU). */
  readonly loadBalancer: number;
  readonly loadBalancerUnit: number;
  /** A secret for a month. */
  readonly secret: number;
  /** Ten thousand calls to Secrets Manager. */
  readonly secretCalls: number;
  /** A metric of our own in CloudWatch for a month, and a thousand requests to send them. */
  readonly metric: number;
  readonly metricRequests: number;
  /** A metric that an alarm looks at, and a dashboard, for a month. */
  readonly alarm: number;
  readonly dashboard: number;
  /** A gigabyte sent to the internet, beyond what is free. */
  readonly traffic: number;
}

/**
 * Tokyo. Written down in that month, not fetched from AWS; of these only the public addresses (AWS's announcement of February 2024) and
 * the metrics (a comparison of February 2026) were found confirmed since. Prices change seldom and mostly downwards;
 * https://calculator.aws has those of today, and of other regions.
 */
export const TOKYO: Prices = {
  region: 'ap-northeast-1',
  asOf: '2025-06',
  instances: {
    't4g.micro': 0.0108,
    't4g.small': 0.0216,
    't4g.medium': 0.0432,
    'c6g.medium': 0.0428,
    'c7g.medium': 0.0455,
    'c7g.large': 0.091,
  },
  registryNodes: { 'cache.t4g.micro': 0.0192, 'cache.t4g.small': 0.0384, 'cache.t4g.medium': 0.076 },
  spotFraction: 0.4,
  address: 0.005,
  disk: 0.096,
  loadBalancer: 0.0243,
  loadBalancerUnit: 0.008,
  secret: 0.4,
  secretCalls: 0.05,
  metric: 0.3,
  metricRequests: 0.01,
  alarm: 0.1,
  dashboard: 3,
  traffic: 0.114,
};
