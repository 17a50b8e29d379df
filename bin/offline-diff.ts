import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { STSClient } from '@aws-sdk/client-sts';
import { compare, ROOT, stacksIn, synthesise } from './templates';

/** Options by which the CDK needs no credentials, or finds them in its own way; it is also for the CDK to say that they do not work. */
const AS_EVER = [
  '--template',
  '--help',
  '-h',
  '--version',
  '--app',
  '-a',
  '--profile',
  '--plugin',
  '-p',
  '--ec2creds',
  '-i',
];
/** Variables that say where credentials, or a stand-in for AWS, are. */
const POINTERS = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_ENDPOINT_URL'];
/** Options of `cdk diff` that are followed by a value. */
const WITH_VALUE = {
  context: { type: 'string', short: 'c' },
  output: { type: 'string', short: 'o' },
  method: { type: 'string', short: 'm' },
  'role-arn': { type: 'string', short: 'r' },
  ...Object.fromEntries(
    ['region', 'proxy', 'ca-bundle-path', 'unstable', 'telemetry-file', 'parameters', 'context-lines', 'fail-on'].map(
      (name) => [name, { type: 'string' }] as const,
    ),
  ),
  'change-set-name': { type: 'string' },
} as const;

const NOTICE =
  'There are no AWS credentials here, so nobody can say what is deployed: this compares with an account in which nothing is.\n' +
  'To compare with what another revision would deploy: npm run diff -- --from REVISION\n\n';

/** Whether `cdk diff` could only fail with these arguments, as there are no credentials. */
export async function lacksAccount(args: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  const asEver = args.some((argument) => AS_EVER.includes(argument.split('=')[0] ?? ''));
  if (asEver || POINTERS.some((name) => env[name])) return false;
  // The SDK would tell each time, in the midst of the differences, that it will want a newer Node.js some day.
  env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  try {
    // Looks where the CDK looks: variables, files, the metadata of containers and instances, which takes two seconds at most.
    await new STSClient({ region: 'us-east-1' }).config.credentials();
    return false;
  } catch (error) {
    // Anything else, such as a login that has expired, is for the CDK to tell.
    return error instanceof Error && error.message === 'Could not load credentials from any providers';
  }
}

/**
 * `cdk diff` against an account in which nothing is deployed, without a network.
 * @param args what follows `diff`.
 * @returns the exit code.
 */
export async function diffOffline(args: readonly string[]): Promise<number> {
  process.stderr.write(NOTICE);
  const { tokens } = parseArgs({ args: [...args], options: WITH_VALUE, strict: false, tokens: true });
  const options = tokens.filter((token) => token.kind === 'option');
  const texts = (chosen: typeof options) =>
    chosen.flatMap(({ rawName, value }) => (value === undefined ? [rawName] : [rawName, value]));
  const after = mkdtempSync(join(tmpdir(), 'rf-diff-'));
  try {
    synthesise(ROOT, after, texts(options.filter(({ name }) => name === 'context')));
    const stacks = stacksIn(
      after,
      tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : [])),
    );
    const rest = texts(options.filter(({ name }) => name !== 'context' && name !== 'output'));
    return await compare({ stacks, before: null, after, options: rest });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message.trim() : String(error)}\n`);
    return 1;
  } finally {
    rmSync(after, { recursive: true, force: true });
  }
}
