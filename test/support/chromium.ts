import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { findOnPath } from '../../runtime/local/redis-binary';

const exec = promisify(execFile);

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Downloading and unpacking takes so long at most, in milliseconds. */
const INSTALL_LIMIT_MS = 300_000;

/**
 * A headless Chromium: the one on the PATH, or that CHROMIUM names; as root on Debian and Ubuntu it is installed when there is none.
 * @throws when there is none, with what to install.
 */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? (await findOnPath(NAMES)) ?? (await installed());
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

async function installed(): Promise<string> {
  if (process.getuid?.() === 0 && (await findOnPath(['apt-get'])) !== null) {
    process.stderr.write('No Chromium on this machine: installing the package of the distribution …\n');
    const options = { timeout: INSTALL_LIMIT_MS, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    const install = () => exec('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options);
    await install().catch(async () => {
      await exec('apt-get', ['update', '-qq'], options);
      await install();
    });
    const path = await findOnPath(NAMES);
    if (path !== null) return path;
  }
  throw new Error('No Chromium found. Install "chromium" so that it is on the PATH, or name its program in CHROMIUM.');
}
