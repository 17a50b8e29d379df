import type { Answer, Facts } from './facts';
import type { Finding } from './finding';
import { BALANCERS, onDemand, type Plan } from './plan';
import { type Market, type Quota, quotaOf } from './quotas';

/** What the plan asks of one quota, in virtual processors. */
interface Need {
  readonly quota: Quota;
  /** For the first deploy. */
  first: number;
  /** At the maximum. */
  most: number;
}

/** Whether each quota on virtual processors leaves room for the first deploy, and for the maximum. */
export function quotaFindings(plan: Plan, facts: Facts): Finding[] {
  const { types } = facts;
  if (!types.ok) return [{ level: 'unknown', check: 'quotas', text: `processors per instance: ${types.why}` }];
  const needs = new Map<string, Need>();
  const findings: Finding[] = [];
  for (const { type, market, first, most } of demands(plan)) {
    const quota = quotaOf(type, market);
    if (quota === null) {
      findings.push({ level: 'unknown', check: `quota for ${type}`, text: 'which quota counts is not known here' });
      continue;
    }
    const vcpus = types.value.get(type)?.vcpus ?? 0;
    const need = needs.get(quota.code) ?? { quota, first: 0, most: 0 };
    need.first += first * vcpus;
    need.most += most * vcpus;
    needs.set(quota.code, need);
  }
  return [...findings, ...[...needs.values()].map((need) => finding(need, facts))];
}

/** The quotas that matter for a plan. */
export function quotasOf(plan: Plan): string[] {
  const codes = demands(plan).map(({ type, market }) => quotaOf(type, market)?.code);
  return [...new Set(codes.filter((code) => code !== undefined))];
}

function demands({ clusters, balancerType }: Plan): { type: string; market: Market; first: number; most: number }[] {
  const balancers = { type: balancerType, market: 'on-demand', first: BALANCERS, most: BALANCERS } as const;
  const nodes = clusters.flatMap((cluster) => {
    const { instanceType: type, nodes: first, most } = cluster;
    const kept = { first: onDemand(cluster, first), most: onDemand(cluster, most) };
    const spot = { first: first - kept.first, most: most - kept.most };
    return [{ type, market: 'on-demand', ...kept } as const, { type, market: 'spot', ...spot } as const].filter(
      (demand) => demand.most > 0,
    );
  });
  return [...nodes, balancers];
}

function finding({ quota, first, most }: Need, { quotas, instances }: Facts): Finding {
  const check = `quota ${quota.code}`;
  const limit: Answer<number> = quotas.get(quota.code) ?? { ok: false, why: 'was not asked for' };
  if (!limit.ok) return { level: 'unknown', check, text: `${quota.name}: ${limit.why}` };
  if (!instances.ok) return { level: 'unknown', check, text: `${quota.name}: what is used: ${instances.why}` };
  const others = instances.value
    .filter(({ type, market, ours }) => !ours && quotaOf(type, market)?.code === quota.code)
    .reduce((sum, { vcpus }) => sum + vcpus, 0);
  const left = limit.value - others;
  const numbers = `${quota.name}: ${limit.value} vCPUs, ${others} used by others, ${first} needed to begin with, ${most} at the maximum`;
  if (left >= most) return { level: 'ok', check, text: numbers };
  const stopped = left < first ? 'stops the first deploy' : 'stops a scale-out to the maximum';
  const remedy = `aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${quota.code} --desired-value ${others + most}`;
  return { level: 'problem', check, text: `${numbers}; ${stopped}`, remedy };
}
