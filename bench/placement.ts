import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { seededRandom } from '../runtime/core/random';
import { startPrivateRedis } from '../runtime/local/redis';
import { connectRegistry } from '../runtime/registry/connection';
import { RedisSeats } from '../runtime/registry/seats';
import { randomJoins } from './placement/arrivals';
import { leastAtLastPoll, OurPlacement, type Policy, randomNode, twoChoices } from './placement/policies';
import { type Outcome, simulate } from './placement/simulate';

const WITHIN_MS = 5_000;
/** Players that one node takes; far from full, so that only the spread is measured. */
const CAPACITY = 2_000;
const CASES = [{ joins: 2_000 }, { joins: 10_000 }];
const GOALS = { atEachSecond: 1.2, atEnd: 1.05 };

interface CaseResult {
  readonly joins: number;
  readonly nodes: number;
  readonly outcomes: readonly Outcome[];
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number, at least 1');
  return value;
}

async function main(): Promise<void> {
  const options = new Command('bench:placement')
    .description(
      'How evenly joins are spread over the nodes: this project (the real script on a private Redis), the original of 2015, ' +
        'random, and two choices, under the same arrivals in virtual time. Goals for this project: max/mean at most ' +
        `${GOALS.atEachSecond} at each second's end and ${GOALS.atEnd} at the end; exit code 1 when missed.`,
    )
    .option('--nodes <n>', 'nodes', whole, 25)
    .option('--seed <n>', 'seed of the arrivals', whole, 1)
    .option('--json <file>', 'write the figures as JSON')
    .parse()
    .opts<{ nodes: number; seed: number; json?: string }>();

  const redis = await startPrivateRedis((line) => console.log(line));
  const registry = connectRegistry(redis.url);
  try {
    await once(registry.redis, 'ready', { signal: AbortSignal.timeout(5_000) });
    const cases: CaseResult[] = [];
    for (const { joins: count } of CASES) {
      const joins = randomJoins(count, WITHIN_MS, options.seed);
      const seats = new RedisSeats(registry.redis, `bench-${randomUUID()}`, 'lobby');
      const policies: Policy[] = [
        new OurPlacement(seats, CAPACITY),
        leastAtLastPoll(),
        randomNode(seededRandom(options.seed + 1)),
        twoChoices(seededRandom(options.seed + 2)),
      ];
      const outcomes: Outcome[] = [];
      for (const policy of policies) outcomes.push(await simulate(policy, joins, options.nodes));
      const result = { joins: count, nodes: options.nodes, outcomes };
      cases.push(result);
      print(result);
    }
    const met = cases.every(({ outcomes }) => outcomes[0] !== undefined && meetsGoals(outcomes[0]));
    console.log(
      `\ngoals (${GOALS.atEachSecond} at each second's end, ${GOALS.atEnd} at the end): ${met ? 'met' : 'MISSED'}`,
    );
    if (options.json !== undefined) {
      await writeFile(options.json, `${JSON.stringify({ seed: options.seed, goals: GOALS, met, cases }, null, 2)}\n`);
    }
    if (!met) process.exitCode = 1;
  } finally {
    registry.close();
    await redis.stop();
  }
}

function meetsGoals({ maxToMean, maxToMeanAtEnd }: Outcome): boolean {
  return maxToMean.every((each) => each <= GOALS.atEachSecond) && maxToMeanAtEnd <= GOALS.atEnd;
}

function print({ joins, nodes, outcomes }: CaseResult): void {
  const seconds = Math.max(...outcomes.map(({ maxToMean }) => maxToMean.length));
  const columns = [...Array.from({ length: seconds }, (_, index) => `${index + 1} s`), 'end', 'busiest', 'retries'];
  console.log(`\n${joins} joins in ${WITHIN_MS / 1000} s over ${nodes} nodes: the fullest node over the mean, so far`);
  console.log(`${''.padEnd(30)}${columns.map((title) => title.padStart(9)).join('')}`);
  for (const { policy, maxToMean, maxToMeanAtEnd, busiestShare, retries } of outcomes) {
    const bySecond = Array.from({ length: seconds }, (_, index) => maxToMean[index]?.toFixed(3) ?? '');
    const values = [...bySecond, maxToMeanAtEnd.toFixed(3), `${(busiestShare * 100).toFixed(1)} %`, String(retries)];
    console.log(`${policy.padEnd(30)}${values.map((value) => value.padStart(9)).join('')}`);
  }
  console.log(
    `("busiest": the largest share of one second's joins that one node got; even is ${(100 / nodes).toFixed(1)} %)`,
  );
}

void main();
