import { Command } from 'commander';
import { number } from '../arguments';
import type { ScalingConfig } from '../core/config/scaling';
import type { Measures } from './measures';
import { type CommonOptions, settingOf, withCommonOptions } from './options';
import { run } from './run';
import { OURS, policyOf, type Setting } from './setup';
import { table } from './show/table';

/** What is tried: every one with every other. */
const TARGETS = [0.6, 0.7, 0.8, 0.85, 0.9] as const;
const STABILISE_MS = [120_000, 300_000, 900_000] as const;
const WINDOWS_MS = [60_000, 120_000] as const;

interface Options extends CommonOptions {
  readonly check?: string;
  readonly overPrice: number;
}

interface Candidate {
  readonly name: string;
  readonly config: ScalingConfig;
}

interface Tried extends Candidate {
  readonly measures: Measures;
  /** Nodes, and what time over capacity costs. */
  readonly total: number;
}

async function main(): Promise<void> {
  const options = withCommonOptions(new Command('simulate:tune'))
    .description(
      'Plays a trace with many settings of target, stabilisation and forecast, prints those that no other beats in both node-hours and time ' +
        'over capacity, and recommends the cheapest at the given prices; with --check, whether it is good on another trace as well.',
    )
    .option('--over-price <n>', 'of one connection for a minute over capacity', number(0, 1_000_000), 0.01)
    .option('--check <file>', 'another trace, on which nothing was tuned')
    .parse()
    .opts<Options>();
  const setting = await settingOf(options, (line) => console.error(line));
  const present: Candidate = { name: 'as given', config: setting.config };
  const tried = [present, ...candidates(setting.config)].map((it) => play(it, setting, options));
  const best = cheapest(tried);
  const shown = frontier(tried);
  console.log(table([...new Set([tried[0] ?? best, ...shown, best])].map(({ name, measures }) => [name, measures])));
  const given = tried[0] ?? best;
  console.log(
    best === given
      ? 'Recommended: leave it as it is; nothing that was tried costs less at these prices.'
      : `Recommended: ${best.name}: ${best.total.toFixed(2)} in all, instead of ${given.total.toFixed(2)} as given, of which ` +
          `${best.measures.cost.toFixed(2)} for nodes.\n${JSON.stringify(settingsOf(best.config))}`,
  );
  if (options.check === undefined || best === given) return;
  const other = await settingOf({ ...options, trace: options.check }, () => undefined);
  const [before, after] = [given, best].map((it) =>
    play({ ...it, config: { ...it.config, maximum: other.config.maximum } }, other, options),
  );
  if (before === undefined || after === undefined) return;
  const verdict =
    after.total <= before.total
      ? 'it is better there as well'
      : 'it is worse there: it fits the first trace only, so keep what you have, or tune on more days';
  console.log(`On ${options.check}: ${after.total.toFixed(2)} instead of ${before.total.toFixed(2)}; ${verdict}.`);
}

function candidates(config: ScalingConfig): Candidate[] {
  if (config.average.rule !== 'utilization') {
    throw new Error('average.rule: only "utilization" can be tuned, as it alone goes by what the nodes hold');
  }
  const { average } = config;
  return TARGETS.flatMap((target) =>
    STABILISE_MS.flatMap((stabiliseMs) =>
      WINDOWS_MS.map(
        (windowMs): Candidate => ({
          name: `target ${target}, stabilise ${stabiliseMs / 60_000} min, window ${windowMs / 60_000} min`,
          config: {
            ...config,
            average: { ...average, target, outAbove: hundredths(target + 0.05), inBelow: hundredths(target - 0.05) },
            forecast: { windowMs },
            in: { ...config.in, stabiliseMs },
          },
        }),
      ),
    ),
  );
}

/** 0.7 - 0.05 is a hair less than 0.65. */
function hundredths(share: number): number {
  return Math.round(100 * share) / 100;
}

function play(candidate: Candidate, setting: Setting, { seed, price, overPrice }: Options): Tried {
  const { demand, physics } = setting;
  const policy = policyOf(OURS, { ...setting, config: candidate.config });
  const { measures } = run({ demand, physics, policy, seed, pricePerHour: price });
  return { ...candidate, measures, total: measures.cost + overPrice * measures.connectionMinutesOver };
}

function cheapest(tried: readonly Tried[]): Tried {
  return tried.reduce((best, it) => (it.total < best.total ? it : best));
}

/** Those for which no other has both fewer node-hours and less time over capacity; by node-hours. */
function frontier(tried: readonly Tried[]): Tried[] {
  let least = Number.POSITIVE_INFINITY;
  return [...tried]
    .sort((a, b) => a.measures.nodeHours - b.measures.nodeHours)
    .filter(({ measures: { connectionMinutesOver } }) => {
      if (connectionMinutesOver >= least) return false;
      least = connectionMinutesOver;
      return true;
    });
}

/** What to write into the configuration. */
function settingsOf({ average, forecast, in: { stabiliseMs } }: ScalingConfig): object {
  return { average, forecast, in: { stabiliseMs } };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
