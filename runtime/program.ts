import { Command } from 'commander';
import { type Logger, pino } from 'pino';
import { z } from 'zod';

/** What a program hands back once it runs. */
export interface Running {
  /** Ends everything; resolves when nothing is left. */
  stop(): Promise<void>;
}

interface ProgramOptions<S extends z.ZodObject> {
  readonly name: string;
  readonly description: string;
  /** One entry per environment variable; `.describe()` gives unit and default for `--help`. */
  readonly env: S;
  readonly start: (config: z.infer<S>, log: Logger) => Promise<Running>;
}

/** What every program reads besides its own variables. */
const Common = z.object({
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('fatal, error, warn, info, debug, trace or silent (default info)'),
});

/** A stop that takes longer than this is given up, with exit code 1. */
const STOP_LIMIT_MS = 4_000;

/**
 * The frame of every server program: `--help`, configuration from the environment with all mistakes at once, a JSON log,
 * a clean stop on SIGTERM, SIGINT, and when the supervising process is gone; exit code 1 on failure.
 */
export function runProgram<S extends z.ZodObject>(options: ProgramOptions<S>): void {
  new Command(options.name)
    .description(options.description)
    .addHelpText('after', `\nEnvironment:\n${describeEnv(options.env)}\n${describeEnv(Common)}`)
    .action(() => run(options))
    .parse();
}

/** One line per mistake, `NAME: what is wrong`. */
export function envMistakes(error: z.ZodError): string {
  return error.issues.map((issue) => `  ${issue.path.join('.') || 'environment'}: ${issue.message}`).join('\n');
}

function describeEnv(env: z.ZodObject): string {
  return Object.entries(env.shape)
    .map(([name, schema]) => `  ${name.padEnd(24)} ${(schema as z.ZodType).description ?? ''}`)
    .join('\n');
}

async function run<S extends z.ZodObject>(options: ProgramOptions<S>): Promise<void> {
  const wording: z.core.ParseContext<z.core.$ZodIssue> = {
    error: ({ input }) => (input === undefined ? 'is not set' : undefined),
  };
  const parsed = options.env.safeParse(process.env, wording);
  const common = Common.safeParse(process.env, wording);
  if (!parsed.success || !common.success) {
    const mistakes = [parsed.error, common.error].flatMap((error) => (error === undefined ? [] : [envMistakes(error)]));
    process.stderr.write(`${options.name}: the configuration is not usable\n${mistakes.join('\n')}\n`);
    process.exit(1);
  }
  const log = pino({ name: options.name, level: common.data.LOG_LEVEL });
  let running: Running | undefined;
  let stopping = false;
  const stop = async (why: string, code: number): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, 'stopping');
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    try {
      await running?.stop();
      process.exit(code);
    } catch (error) {
      log.error({ err: error }, 'stop failed');
      process.exit(1);
    }
  };
  process.on('SIGTERM', () => void stop('SIGTERM', 0));
  process.on('SIGINT', () => void stop('SIGINT', 0));
  process.on('disconnect', () => void stop('the supervisor is gone', 0));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception');
    void stop('uncaught exception', 1);
  });
  process.on('unhandledRejection', (reason) => {
    log.fatal({ err: reason }, 'unhandled rejection');
    void stop('unhandled rejection', 1);
  });
  try {
    running = await options.start(parsed.data as z.infer<S>, log);
  } catch (error) {
    process.stderr.write(
      `${options.name}: could not start: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exit(1);
  }
}

/** Tells a supervising process (the local cluster) which ports were taken; does nothing without one. */
export function announceReady(port: number, metricsPort?: number): void {
  process.send?.({ ready: true, port, metricsPort });
}
