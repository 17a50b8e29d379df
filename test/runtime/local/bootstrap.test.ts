import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Launched } from '../../support/launched';

const SCRIPT = resolve(__dirname, '../../../runtime/local/bootstrap.mjs');
const runs: Launched[] = [];

function launch(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Launched {
  const run = new Launched(command, args, env);
  runs.push(run);
  return run;
}

afterEach(() => {
  for (const run of runs.splice(0)) run.cleanUp();
});

describe('the bootstrap', () => {
  it('says which commands there are', async () => {
    for (const args of [[], ['toString']]) {
      const run = launch(process.execPath, [SCRIPT, ...args]);
      expect(await run.exited).toEqual({ code: 1, signal: null });
      expect(run.output).toMatch(/^Usage: node runtime\/local\/bootstrap.mjs start\|.*test …\n$/);
    }
  });

  it('becomes the command, and keeps its exit code', async () => {
    const good = launch(process.execPath, [SCRIPT, 'test', '--version'], { STARTED_BY: String(process.pid) });
    const bad = launch(process.execPath, [SCRIPT, 'test', '--nonsense']);
    expect((await good.exited).code).toBe(0);
    expect(good.output).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await bad.exited).code).toBe(1);
    expect(bad.output).toContain('nonsense');
  });

  it('does nothing when npm is gone already', async () => {
    const gone = launch(process.execPath, ['-e', '']);
    await gone.exited;
    const run = launch(process.execPath, [SCRIPT, 'start', '--help'], { STARTED_BY: String(gone.pid) });
    expect((await run.exited).code).toBe(129);
    expect(run.output).toBe('');
  });

  it('hangs up when npm is killed', async () => {
    const idle = 'setInterval(() => undefined, 1000)';
    const npm = launch(process.execPath, [
      '-e',
      `require('node:child_process').spawn(process.execPath, ['${SCRIPT}', 'start', '--port', '0', '--players', '0'],
        { stdio: 'inherit', env: { ...process.env, STARTED_BY: String(process.pid) } }); ${idle}`,
    ]);
    await npm.prints(/Programs|Redis/);
    process.kill(npm.pid, 'SIGKILL');
    // The output is closed by the last of them.
    expect((await npm.exited).signal).toBe('SIGKILL');
    expect(npm.output).not.toContain('Ctrl-C ends');
    expect(npm.processes()).toEqual([]);
  });
});
