import type { Facts } from '../../../runtime/doctor/facts';
import type { Plan } from '../../../runtime/doctor/plan';

export const NOW_MS = Date.UTC(2026, 0, 1);
export const DAY_MS = 86_400_000;

/** Two clusters of 2 nodes, 10 at most, of one processor; balancers of two. Nothing that is optional. */
export const PLAN: Plan = {
  stack: 'prod-realtime',
  azs: 3,
  clusters: [
    { name: 'lobby', instanceType: 'c7g.medium', nodes: 2, most: 10 },
    { name: 'game', instanceType: 'c7g.medium', nodes: 2, most: 10 },
  ],
  balancerType: 't4g.small',
  registry: { nodeType: 'cache.t4g.small', members: 2 },
  parameters: ['/cdk-bootstrap/hnb659fds/version'],
  apiCertificateArn: null,
  names: null,
  secrets: {},
};

const ZONES = ['ap-northeast-1a', 'ap-northeast-1c', 'ap-northeast-1d'];

/** An account in which nothing stands in the way of the plan, and nothing is deployed yet. */
export const FACTS: Facts = {
  region: 'ap-northeast-1',
  account: '123456789012',
  zones: { ok: true, value: ZONES },
  types: {
    ok: true,
    value: new Map([
      ['c7g.medium', { vcpus: 1, zones: ZONES }],
      ['t4g.small', { vcpus: 2, zones: ZONES }],
    ]),
  },
  instances: { ok: true, value: [] },
  quotas: new Map([['L-1216C47A', { ok: true, value: 64 }]]),
  freeAddresses: { ok: true, value: [] },
  vpcs: { ok: true, value: { used: 1, most: 5 } },
  missingParameters: { ok: true, value: [] },
  apiCertificate: null,
  nodeCertificate: null,
  hostedZone: null,
  secrets: new Map(),
};
