import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { build, stop } from 'esbuild';
import { buildProgram, bundle } from '../../runtime/bundle';

const outdir = mkdtempSync(join(tmpdir(), 'rf-bundle-'));
afterAll(async () => {
  rmSync(outdir, { recursive: true });
  await stop();
});

/** The packages whose files went into a bundle. */
function packages(inputs: readonly string[]): string[] {
  const names = inputs.map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

describe('the bundles', () => {
  it('are built once, and again only when one is missing or their sources changed', async () => {
    const first = await bundle(outdir);
    expect(first.built).toBe(true);
    for (const { file, bytes, version } of Object.values(first.bundles)) {
      expect(statSync(file).size).toBe(bytes);
      expect(version).toMatch(/^[0-9a-f]{12}$/);
    }
    expect(await bundle(outdir)).toEqual({ ...first, built: false });

    rmSync(first.bundles.game.file);
    expect(await bundle(outdir)).toEqual(first);

    const stampFile = join(outdir, '.stamp.json');
    const stamp = JSON.parse(readFileSync(stampFile, 'utf8'));
    writeFileSync(stampFile, JSON.stringify({ ...stamp, sources: 'of an older state' }));
    expect(await bundle(outdir)).toEqual(first);
    // Three builds of everything: a second each, more on a busy machine.
  }, 60_000);

  it('of a node carries no AWS SDK, and that of the game no Redis', async () => {
    const [game, lobby] = await Promise.all([buildProgram('game'), buildProgram('lobby')]);
    expect(packages(game.inputs)).toContain('socket.io');
    expect(packages(lobby.inputs)).toContain('ioredis');
    for (const name of [...packages(game.inputs), ...packages(lobby.inputs)])
      expect(name).not.toMatch(/^@(aws|smithy)/);
    expect(packages(game.inputs)).not.toContain('ioredis');
    expect(game.inputs.filter((path) => path.startsWith('runtime/registry/'))).toEqual([]);
  });

  it('would show the client library as it is linked into games: with types of the protocol only, and no Node', async () => {
    const result = await build({
      entryPoints: [join(__dirname, '../../runtime/client/index.ts')],
      bundle: true,
      platform: 'browser',
      format: 'esm',
      write: false,
      metafile: true,
      logLevel: 'silent',
    });
    const ours = Object.keys(result.metafile.inputs).filter((path) => path.startsWith('runtime/'));
    expect(ours.filter((path) => !path.startsWith('runtime/client/'))).toEqual([]);
  });
});
