import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchChromium } from '../support/chromium';
import { Launched } from '../support/launched';

/**
 * `npm run screenshots`: the pictures of the README, taken of a running local cluster. Players come until the fleets have to grow; a
 * game node is killed, then a balancer is stopped, as one does by hand.
 */
const ROOT = resolve(__dirname, '../..');

/** How long the fleets may follow before the first picture is taken, in milliseconds. */
const GROWTH_MS = 60_000;

const SIZES = ['--lobby', '2', '--game', '3', '--capacity', '60', '--max', '8', '--players', '170', '--ramp', '40'];

/** Far more than anything takes, in milliseconds. */
const PATIENCE_MS = 120_000;

async function main(): Promise<void> {
  const run = new Launched('npm', ['--prefix', ROOT, 'start', '--', '--port', '0', ...SIZES]);
  try {
    await run.prints('Ctrl-C ends everything', PATIENCE_MS);
    const printed = (words: RegExp) => words.exec(run.output)?.[1] ?? '';
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({ viewport: { width: 1_600, height: 860 }, colorScheme: 'dark' });
      page.setDefaultTimeout(PATIENCE_MS);
      await page.goto(printed(/^Page\s+(\S+)/m));
      await sleep(GROWTH_MS);
      const victim = printed(/^(game-\S+)/m);
      process.kill(Number(printed(new RegExp(`^${victim}\\s+pid (\\d+)`, 'm'))), 'SIGKILL');
      await page.locator(`[data-node="${victim}"][data-state="dead"]`).waitFor();
      await page
        .locator('#log li', { hasText: `node-suspect${victim}` })
        .first()
        .waitFor();
      await page.screenshot({ path: join(ROOT, 'docs/page.png') });

      const balancer = Number(printed(/^balancer-b\S*\s+pid (\d+)/m));
      process.kill(balancer, 'SIGSTOP');
      await page.locator('[data-cluster="game"] .owner', { hasText: 'balancer-a' }).waitFor();
      await page.locator('#log li', { hasText: 'cluster-owned' }).first().waitFor();
      await page.screenshot({ path: join(ROOT, 'docs/failover.png') });
      process.kill(balancer, 'SIGCONT');
    } finally {
      await browser.close();
    }
  } finally {
    run.child.kill('SIGINT');
    await Promise.race([run.exited, sleep(10_000)]);
    run.cleanUp();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
