import { type Cost, monthlyCost } from './cost';
import type { Finding } from './finding';
import type { Plan } from './plan';
import type { Prices } from './prices';

/** Sizes that the cost is told for, besides the environment's own. */
const SIZES = [2, 25, 50];

/** What the doctor says, also as JSON. */
export interface Report {
  readonly stack: string;
  /** Null when AWS could not be asked. */
  readonly region: string | null;
  readonly account: string | null;
  readonly findings: readonly Finding[];
  readonly cost: {
    readonly region: string;
    readonly asOf: string;
    readonly currency: 'USD';
    readonly perMonth: readonly (Cost & { readonly configured: boolean })[];
  };
}

/** The cost of the environment at its own size and at some others. */
export function costs(plan: Plan, prices: Prices): Report['cost'] {
  const configured = plan.clusters.reduce((sum, { nodes }) => sum + nodes, 0);
  const sizes = [...new Set([...SIZES, configured])].sort((a, b) => a - b);
  const perMonth = sizes.map((nodes) => ({ ...monthlyCost(plan, nodes, prices), configured: nodes === configured }));
  return { region: prices.region, asOf: prices.asOf, currency: 'USD', perMonth };
}

/** For people. */
export function printed({ stack, region, account, findings, cost }: Report): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ level, check, text, remedy }) => [
    `  ${level.padEnd(9)}${check.padEnd(width + 2)}${text}`,
    ...(remedy === undefined ? [] : [`${' '.repeat(width + 13)}→ ${remedy}`]),
  ]);
  const problems = findings.filter(({ level }) => level === 'problem').length;
  const verdict = problems === 0 ? 'Nothing stands in the way.' : `${problems} to mend.`;
  return [
    account === null ? stack : `${stack} in ${region}, account ${account}`,
    '',
    ...lines,
    '',
    verdict,
    '',
    `Cost per month in US dollars, list prices of ${cost.region} in ${cost.asOf}, without traffic and tax:`,
    ...cost.perMonth.map(costLine),
    '',
  ].join('\n');
}

function costLine({ nodes, total, parts, unknown, configured }: Report['cost']['perMonth'][number]): string {
  const details = Object.entries(parts).map(([part, dollars]) => `${part} ${Math.round(dollars)}`);
  const missing = unknown.length === 0 ? '' : `; without ${unknown.join(', ')}, whose price is not known here`;
  const line = `${String(nodes).padStart(6)} nodes ${String(Math.round(total)).padStart(6)}   ${details.join(', ')}`;
  return `${line}${missing}${configured ? '  ← configured' : ''}`;
}
