import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type ClientRequest, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import type { Browser, Page } from 'playwright-core';
import { z } from 'zod';
import { launchChromium } from '../test/support/chromium';

/** What is to be reached. */
const LEAST_FRAMES = 30;
const MOST_MEGABYTES = 150;
const MOST_CPU_PERCENT = 5;

const VIEWERS = 20;
const SETTLE_MS = 4_000;
const MEASURE_MS = 10_000;

interface Figures {
  readonly nodes: number;
  readonly framesPerSecond: number;
  /** Between two frames, in milliseconds: the longest of hundred. */
  readonly frameP99Ms: number;
  readonly heapMegabytes: number;
  /** Of the process that draws the page, what is its own. */
  readonly processMegabytes: number;
  /** Of a core, for 20 who watch, above what nobody watching costs. */
  readonly cpuPercentFor20: number;
  readonly cpuPercentForNobody: number;
}

async function measure(say: (line: string) => void): Promise<Figures> {
  const child = fork(join(__dirname, 'page-server.ts'), { execArgv: ['--import', 'tsx'] });
  try {
    const { url, link } = z.object({ url: z.string(), link: z.string() }).parse(await message(child));
    await sleep(SETTLE_MS);
    say('the balancer, nobody watching');
    const idle = await cpuPercent(child);
    say(`the balancer, ${VIEWERS} watching`);
    const viewers = Array.from({ length: VIEWERS }, () => watch(url));
    await sleep(SETTLE_MS);
    const busy = await cpuPercent(child);
    for (const viewer of viewers) viewer.destroy();
    say('the page in headless Chromium');
    const browser = await launchChromium();
    try {
      const shown = await page(browser, link);
      return { ...shown, cpuPercentFor20: busy - idle, cpuPercentForNobody: idle };
    } finally {
      await browser.close();
    }
  } finally {
    child.kill('SIGKILL');
  }
}

/** One who watches and reads everything. */
function watch(url: string): ClientRequest {
  const request = get(`${url}/stream`, { headers: { authorization: 'Bearer bench-key' } }, (response) =>
    response.resume(),
  );
  request.on('error', () => undefined);
  return request;
}

async function cpuPercent(child: ChildProcess): Promise<number> {
  const used = async () => {
    child.send({});
    return { ...z.object({ cpuMs: z.number() }).parse(await message(child)), atMs: performance.now() };
  };
  const before = await used();
  await sleep(MEASURE_MS);
  const after = await used();
  return ((after.cpuMs - before.cpuMs) / (after.atMs - before.atMs)) * 100;
}

async function page(browser: Browser, link: string): Promise<Omit<Figures, 'cpuPercentFor20' | 'cpuPercentForNobody'>> {
  const opened = await browser.newPage({ viewport: { width: 1_920, height: 1_080 } });
  await opened.goto(link);
  await opened.locator('.tile').nth(199).waitFor({ state: 'attached' });
  await sleep(SETTLE_MS);
  const gaps = await frames(opened);
  const elapsedMs = gaps.reduce((sum, gap) => sum + gap, 0);
  const cdp = await opened.context().newCDPSession(opened);
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  return {
    nodes: await opened.locator('.tile').count(),
    framesPerSecond: (gaps.length / elapsedMs) * 1_000,
    frameP99Ms: gaps.sort((a, b) => a - b)[Math.floor(gaps.length * 0.99)] ?? 0,
    heapMegabytes: usedSize / 1e6,
    processMegabytes: await processMegabytes(browser),
  };
}

/** The times between frames, in milliseconds. */
function frames(opened: Page): Promise<number[]> {
  return opened.evaluate(
    `new Promise((done) => {
      const gaps = [];
      const began = performance.now();
      let last = began;
      const frame = () => {
        const now = performance.now();
        gaps.push(now - last);
        last = now;
        if (now - began < ${MEASURE_MS}) requestAnimationFrame(frame);
        else done(gaps);
      };
      requestAnimationFrame(frame);
    })`,
  );
}

/** What the largest process that draws pages has for itself; what it shares with others is not counted. */
async function processMegabytes(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  const sizes = await Promise.all(renderers.map(({ id }) => privateMegabytes(id)));
  return Math.max(...sizes);
}

async function privateMegabytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kilobytes = [...rollup.matchAll(/^Private_\w+:\s+(\d+) kB$/gm)].map(([, size]) => Number(size));
  return kilobytes.reduce((sum, size) => sum + size, 0) / 1_000;
}

async function message(child: ChildProcess): Promise<unknown> {
  const [said] = await once(child, 'message');
  return said;
}

async function main(): Promise<void> {
  const { json } = new Command('npm run bench:page --')
    .description(
      '200 nodes that report each second, on the live page: its frames and memory, and what 20 viewers cost the balancer.',
    )
    .option('--json', 'print the figures as JSON')
    .parse()
    .opts<{ json?: true }>();
  const figures = await measure((line) => json ?? process.stderr.write(`${line} …\n`));
  const rows: readonly (readonly [string, number, string, boolean])[] = [
    ['frames a second', figures.framesPerSecond, `> ${LEAST_FRAMES}`, figures.framesPerSecond > LEAST_FRAMES],
    ['99 % of frames come within ms', figures.frameP99Ms, '', true],
    ['JavaScript heap, MB', figures.heapMegabytes, `< ${MOST_MEGABYTES}`, figures.heapMegabytes < MOST_MEGABYTES],
    [
      "the page's process, MB",
      figures.processMegabytes,
      `< ${MOST_MEGABYTES}`,
      figures.processMegabytes < MOST_MEGABYTES,
    ],
    [
      `balancer: ${VIEWERS} viewers, % of a core`,
      figures.cpuPercentFor20,
      `< ${MOST_CPU_PERCENT}`,
      figures.cpuPercentFor20 < MOST_CPU_PERCENT,
    ],
    ['balancer: nobody watching, % of a core', figures.cpuPercentForNobody, '', true],
  ];
  const met = rows.every(([, , , fits]) => fits);
  const table = rows.map(
    ([what, value, goal, fits]) =>
      `${what.padEnd(42)}${value.toFixed(1).padStart(8)}  ${goal.padEnd(7)}${fits ? '' : 'MISSED'}`,
  );
  process.stdout.write(
    json ? `${JSON.stringify({ ...figures, met }, null, 2)}\n` : `${figures.nodes} nodes\n${table.join('\n')}\n`,
  );
  process.exitCode = met ? 0 : 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
