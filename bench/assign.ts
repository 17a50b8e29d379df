import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { Command, InvalidArgumentError } from 'commander';
import { build } from 'esbuild';
import { z } from 'zod';
import { startPrivateRedis } from '../runtime/local/redis';
import { openLoop } from './open-loop';

/** Connections of the load generator, one request at a time on each; the same for both servers. */
const CONNECTIONS = 100;
const ROUNDS = 5;
const WARM_UP_SECONDS = 2;
const API_KEY = 'benchmark-key-of-a-usual-length-0123456789';
const BODY = JSON.stringify({ playerId: 'player-0123456789' });
const HEADERS = { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` };

interface Summary {
  readonly assignPerSecond: number;
  readonly bareHttpPerSecond: number;
  readonly scriptPerSecond: number;
  readonly ratioToBareHttp: number;
  readonly ratioToScript: number;
  readonly p50MsAtHalfLoad: number;
  readonly p99MsAtHalfLoad: number;
  /** Of the bare server at the same rate: what of it is the machine's and the load generator's. */
  readonly bareP99MsAtThatRate: number;
}

/** Runs the three sides in turns, so that a noisy moment of the machine hits all of them, and takes each one's median round. */
async function measure(seconds: number, say: (line: string) => void): Promise<Summary> {
  const redis = await startPrivateRedis(say);
  const folder = await mkdtemp(join(tmpdir(), 'bench-assign-'));
  const children: ChildProcess[] = [];
  try {
    const bundle = join(folder, 'server.js');
    await bundleServer(bundle);
    const child = async (role: string, answer: Record<string, string> = {}) => {
      const setup = { role, redisUrl: redis.url, stack: `bench-${role}`, apiKey: API_KEY, answer };
      const env = { ...process.env, NODE_ENV: 'production' };
      const process_ = fork(bundle, [JSON.stringify(setup)], { env, execArgv: profiling(role) });
      children.push(process_);
      const { port } = z.object({ port: z.number() }).parse(await message(process_));
      return { process: process_, url: `http://127.0.0.1:${port}/v1/lobby` };
    };
    const api = await child('api');
    const reply = await fetch(api.url, { method: 'POST', headers: HEADERS, body: BODY });
    const bare = await child('bare', z.record(z.string(), z.string()).parse(await reply.json()));
    const script = await child('script');
    const scriptRate = async (forSeconds: number) => {
      script.process.send({ seconds: forSeconds });
      return z.object({ perSecond: z.number() }).parse(await message(script.process)).perSecond;
    };

    say('warming up');
    for (const url of [api.url, bare.url]) await rate(url, WARM_UP_SECONDS);
    await scriptRate(WARM_UP_SECONDS);

    const rounds: { assign: number; http: number; script: number }[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const assign = await rate(api.url, seconds);
      const http = await rate(bare.url, seconds);
      const direct = await scriptRate(seconds);
      rounds.push({ assign, http, script: direct });
      say(
        `round ${round}: assign ${whole(assign)}/s, bare node:http ${whole(http)}/s, bare script ${whole(direct)}/s, ratio ${two(assign / http)}`,
      );
    }
    const assignPerSecond = median(rounds.map((round) => round.assign));
    const atHalfLoad = (url: string) =>
      openLoop({
        url,
        headers: HEADERS,
        body: BODY,
        perSecond: assignPerSecond / 2,
        seconds: 2 * seconds,
        warmUpSeconds: WARM_UP_SECONDS,
        connections: CONNECTIONS,
      });
    const latency = await atHalfLoad(api.url);
    const bareLatency = await atHalfLoad(bare.url);
    return {
      assignPerSecond: whole(assignPerSecond),
      bareHttpPerSecond: whole(median(rounds.map((round) => round.http))),
      scriptPerSecond: whole(median(rounds.map((round) => round.script))),
      // Of neighbours in time: the noise that they share cancels out.
      ratioToBareHttp: two(median(rounds.map((round) => round.assign / round.http))),
      ratioToScript: two(median(rounds.map((round) => round.assign / round.script))),
      p50MsAtHalfLoad: two(latency.p50Ms),
      p99MsAtHalfLoad: two(latency.p99Ms),
      bareP99MsAtThatRate: two(bareLatency.p99Ms),
    };
  } finally {
    for (const process_ of children) process_.disconnect();
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** As the balancer is bundled: what is measured is what instances run. */
async function bundleServer(outfile: string): Promise<void> {
  const entry = join(__dirname, 'assign-server.ts');
  await build({ entryPoints: [entry], outfile, bundle: true, minify: true, platform: 'node', target: 'node20' });
}

/** `PROFILE=folder` writes a CPU profile of the API there. */
function profiling(role: string): string[] {
  const folder = process.env.PROFILE;
  return role === 'api' && folder !== undefined ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : [];
}

async function message(from: ChildProcess): Promise<unknown> {
  const died = once(from, 'exit').then(([code]) => Promise.reject(new Error(`the server ended with ${code}`)));
  const [received] = await Promise.race([once(from, 'message'), died]);
  return received;
}

/** Requests answered per second, as fast as the server lets the connections. */
async function rate(url: string, seconds: number): Promise<number> {
  const result = await autocannon({
    url,
    method: 'POST',
    headers: HEADERS,
    body: BODY,
    connections: CONNECTIONS,
    duration: seconds,
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${url}: ${result.non2xx} refused, ${result.errors} errors`);
  }
  return result.requests.total / result.duration;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const whole = (value: number) => Math.round(value);
const two = (value: number) => Math.round(value * 100) / 100;

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0');
  return value;
}

const program = new Command('bench:assign')
  .description(
    'POST /v1/lobby with all that a real answer needs, beside a bare node:http server and the bare Redis script',
  )
  .option('--seconds <n>', `length of a round of each; there are ${ROUNDS}`, positive, 3)
  .option('--json <file>', 'write the result there')
  .action(async ({ seconds, json }: { seconds: number; json?: string }) => {
    const summary = await measure(seconds, (line) => process.stderr.write(`${line}\n`));
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
    if (json !== undefined) await writeFile(json, `${JSON.stringify(summary, null, 2)}\n`);
  });
void program.parseAsync();
