import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { announce, findRunning } from '../../../runtime/local/running';

let folder = '';
const guarded: string[] = [];
const guard = { folder: (path: string) => void guarded.push(path) };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rf-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('word of the running cluster', () => {
  const control = 'http://:secret@127.0.0.1:4711/';
  const running = { control, operators: ['http://127.0.0.1:4712'], apiKey: 'key' };

  it('is found by the port, is for this user only, and goes with the cluster', async () => {
    const remove = await announce(8080, running, guard, folder);
    const file = guarded.at(-1) ?? '';
    expect(file.startsWith(folder)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await findRunning(8080, folder)).toEqual(running);
    await expect(findRunning(8081, folder)).rejects.toThrow('No local cluster has its API on port 8081: start one');
    await remove();
    expect(existsSync(file)).toBe(false);
  });

  it('takes the place of what a killed cluster left', async () => {
    await announce(8080, { ...running, control: 'http://:old@127.0.0.1:1/' }, guard, folder);
    await announce(8080, running, guard, folder);
    expect(await findRunning(8080, folder)).toEqual(running);
  });
});
