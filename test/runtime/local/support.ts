import { join } from 'node:path';
import type { Bundles } from '../../../runtime/bundle';

const program = (name: string) => join(__dirname, 'programs', `${name}.js`);

/** The tiny programs of this folder in place of the real bundles. */
export async function stubBundles(): Promise<Bundles> {
  const bundle = <N extends string>(name: N, file: string) => ({ name, file: program(file), bytes: 1, version: 'v1' });
  return {
    bundles: {
      balancer: bundle('balancer', 'balancer'),
      lobby: bundle('lobby', 'node'),
      game: bundle('game', 'node'),
      bees: bundle('bees', 'bees'),
    },
    built: false,
  };
}

/** Whether a process with this id exists (one that has ended and was not waited for counts as gone on Linux). */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
