import { askAws } from './aws';
import type { Finding } from './finding';
import { judge } from './judge';
import type { Plan } from './plan';
import { TOKYO } from './prices';
import { costs, type Report } from './report';

export type { Plan } from './plan';
export { printed, type Report } from './report';

/** Looks at the account for what would stop a deploy of the plan, or a scale-out to its maximum. Never rejects. */
export async function examine(plan: Plan, region: string | undefined, nowMs: number): Promise<Report> {
  const cost = costs(plan, TOKYO);
  try {
    const facts = await askAws(plan, region === undefined ? {} : { region });
    const findings = judge(plan, facts, nowMs);
    return { stack: plan.stack, region: facts.region, account: facts.account, findings, cost };
  } catch (error) {
    return { stack: plan.stack, region: null, account: null, findings: [unreachable(error)], cost };
  }
}

function unreachable(error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  return {
    level: 'problem',
    check: 'credentials',
    text: `AWS cannot be asked: ${message}`,
    remedy: 'aws configure, or aws sso login; and a region: AWS_REGION, or region in the context',
  };
}
