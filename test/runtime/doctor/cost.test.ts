import { describe, expect, it } from '@jest/globals';
import { monthlyCost } from '../../../runtime/doctor/cost';
import { TOKYO } from '../../../runtime/doctor/prices';
import { costs, printed } from '../../../runtime/doctor/report';
import { PLAN } from './support';

const [lobby, game] = PLAN.clusters;

describe('the cost of a month', () => {
  it('is what the parts cost', () => {
    const { parts, total, unknown } = monthlyCost(PLAN, 50, TOKYO);
    expect(parts.instances).toBeCloseTo(50 * 0.0455 * 730);
    expect(parts.addresses).toBeCloseTo((50 + 2 + 3) * 0.005 * 730);
    expect(parts.balancers).toBeCloseTo(2 * 0.0216 * 730);
    expect(total).toBeCloseTo(Object.values(parts).reduce((sum, part) => sum + part, 0));
    expect(unknown).toEqual([]);
  });

  it('is shared out to the clusters as at the first deploy', () => {
    if (lobby === undefined || game === undefined) throw new Error('two clusters expected');
    const mixed = { ...PLAN, clusters: [lobby, { ...game, instanceType: 'c7g.large', nodes: 6 }] };
    expect(monthlyCost(mixed, 5, TOKYO).parts.instances).toBeCloseTo((2 * 0.0455 + 3 * 0.091) * 730);
  });

  it('is less with Spot instances', () => {
    if (lobby === undefined) throw new Error('a cluster expected');
    const spot = { ...PLAN, clusters: [{ ...lobby, spot: { share: 1, onDemandBase: 2 } }] };
    expect(monthlyCost(spot, 12, TOKYO).parts.instances).toBeCloseTo((2 + 10 * 0.4) * 0.0455 * 730);
  });

  it('tells of what it has no price', () => {
    expect(monthlyCost({ ...PLAN, balancerType: 'm9x.large' }, 2, TOKYO).unknown).toEqual(['m9x.large']);
  });
});

it('is told for some sizes and the configured one, with the date of the prices', () => {
  const cost = costs(PLAN, TOKYO);
  expect(cost.perMonth.map(({ nodes, configured }) => [nodes, configured])).toEqual([
    [2, false],
    [4, true],
    [25, false],
    [50, false],
  ]);
  const text = printed({ stack: 's', region: null, account: null, findings: [], cost });
  expect(text).toContain(`list prices of ap-northeast-1 in ${TOKYO.asOf}`);
  expect(text).toMatch(/^ {5}4 nodes .* ← configured$/m);
});
