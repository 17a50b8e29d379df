import { certificateFindings } from './certificates';
import type { Facts } from './facts';
import { type Finding, known } from './finding';
import { BALANCERS, type Plan } from './plan';
import { quotaFindings } from './processors';

/** Addresses of a public subnet as the stack makes it: a /20, less the five that AWS keeps. */
const SUBNET_ADDRESSES = 4_091;

/** What stands in the way of the plan. @param nowMs Unix time in milliseconds. */
export function judge(plan: Plan, facts: Facts, nowMs: number): Finding[] {
  return [
    ...zones(plan, facts),
    ...instanceTypes(plan, facts),
    ...quotaFindings(plan, facts),
    ...addresses(plan, facts),
    ...vpcs(facts),
    ...parameters(facts),
    ...certificateFindings(plan, facts, nowMs),
    ...secrets(plan, facts),
  ];
}

function zones({ azs }: Plan, facts: Facts): Finding[] {
  return known('zones', facts.zones, (names) =>
    names.length >= azs
      ? { level: 'ok', check: 'zones', text: `${names.length} availability zones, ${azs} needed` }
      : {
          level: 'problem',
          check: 'zones',
          text: `${facts.region} has ${names.length} availability zones for this account, ${azs} are configured`,
          remedy: `-c azs=${Math.max(2, names.length)}`,
        },
  );
}

function instanceTypes({ clusters, balancerType, azs }: Plan, facts: Facts): Finding[] {
  const wanted = [...new Set([...clusters.map(({ instanceType }) => instanceType), balancerType])];
  return wanted.flatMap((type) => {
    const check = `instance type ${type}`;
    return known(check, facts.types, (types): Finding => {
      const found = types.get(type);
      const remedy = 'choose another instance type: clusters.NAME.instanceType, balancer.instanceType';
      if (found === undefined) {
        return { level: 'problem', check, text: `${facts.region} has no ${type}`, remedy };
      }
      const needed = facts.zones.ok ? facts.zones.value.slice(0, azs) : [];
      const without = needed.filter((zone) => !found.zones.includes(zone));
      if (without.length === 0) return { level: 'ok', check, text: 'offered in every zone' };
      const text = `not offered in ${without.join(', ')}: the other zones carry all of them`;
      return { level: without.length < needed.length ? 'warning' : 'problem', check, text, remedy };
    });
  });
}

function addresses({ clusters, azs }: Plan, { freeAddresses, instances }: Facts): Finding[] {
  const check = 'addresses';
  return known(check, freeAddresses, (free) => {
    const deployed = free.length > 0;
    const own = instances.ok ? instances.value.filter(({ ours }) => ours).length : 0;
    const left = deployed ? free.reduce((sum, count) => sum + count, 0) : azs * SUBNET_ADDRESSES;
    const needed = clusters.reduce((sum, { most }) => sum + most, BALANCERS) - own;
    const where = deployed ? 'free in the public subnets' : 'in the public subnets to be made';
    const text = `${left} ${where}, ${Math.max(0, needed)} more needed at the maximum`;
    if (needed <= left) return { level: 'ok', check, text };
    return { level: 'problem', check, text, remedy: 'lower clusters.NAME.scaling.maximum, or use more zones: azs' };
  });
}

function vpcs({ vpcs: answer, freeAddresses, region }: Facts): Finding[] {
  const check = 'VPCs';
  if (freeAddresses.ok && freeAddresses.value.length > 0) return [];
  return known(check, answer, ({ used, most }) => {
    const text = `${used} of ${most} used in ${region}; the stack makes one`;
    if (used < most) return { level: 'ok', check, text };
    return { level: 'problem', check, text, remedy: 'delete one, or have the quota L-F678F1CE (vpc) raised' };
  });
}

function parameters({ missingParameters }: Facts): Finding[] {
  const check = 'parameters';
  return known(check, missingParameters, (missing) =>
    missing.length === 0
      ? { level: 'ok', check, text: 'all are there' }
      : missing.map((name): Finding => {
          const bootstrap = name.startsWith('/cdk-bootstrap/');
          const text = bootstrap ? 'the account is not prepared for the CDK in this region' : `${name} is missing`;
          const remedy = bootstrap ? 'npx cdk bootstrap' : 'publish it, or correct its name in the context';
          return { level: 'problem', check: `parameter ${name}`, text, remedy };
        }),
  );
}

function secrets({ secrets: wanted }: Plan, { secrets: found }: Facts): Finding[] {
  return Object.entries(wanted).flatMap(([purpose, id]) => {
    const check = `secret for ${purpose}`;
    const answer = found.get(purpose) ?? { ok: false, why: 'was not asked for' };
    return known(check, answer, (there): Finding => {
      if (there) return { level: 'ok', check, text: 'is there' };
      return { level: 'problem', check, text: `${id} does not exist`, remedy: 'create it, or correct the context' };
    });
  });
}
