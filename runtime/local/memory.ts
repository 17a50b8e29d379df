import { readFile } from 'node:fs/promises';

/** Memory of the programs at the moment in which all together had the most, in MiB. */
export interface MemorySummary {
  /** Without counting twice what they share: their proportional set sizes. */
  readonly totalMiB: number;
  /** Per program, of all its processes, e.g. `game`: their proportional and their resident set sizes. */
  readonly programs: Readonly<
    Record<string, { readonly processes: number; readonly pssMiB: number; readonly rssMiB: number }>
  >;
}

const SAMPLE_MS = 5_000;
const KIB_PER_MIB = 1_024;

/** Looks at the memory of processes while they run. Linux tells it; elsewhere there is nothing to tell. */
export class MemoryRecord {
  readonly #pids: () => ReadonlyMap<string, readonly number[]>;
  readonly #sampling: NodeJS.Timeout;
  #most: MemorySummary | null = null;
  #looking = false;

  /** @param pids process ids by program, as they are now */
  constructor(pids: () => ReadonlyMap<string, readonly number[]>) {
    this.#pids = pids;
    this.#sampling = setInterval(() => void this.#sample(), SAMPLE_MS);
  }

  /** Null when nothing is known. */
  summary(): MemorySummary | null {
    return this.#most;
  }

  stop(): void {
    clearInterval(this.#sampling);
  }

  async #sample(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const programs: Record<string, MemorySummary['programs'][string]> = {};
    for (const [program, pids] of this.#pids()) {
      const sizes = (await Promise.all(pids.map(sizeOf))).filter((size) => size !== null);
      if (sizes.length === 0) continue;
      const sum = (of: (size: Size) => number): number =>
        Math.round(sizes.reduce((total, size) => total + of(size), 0) / KIB_PER_MIB);
      programs[program] = { processes: sizes.length, pssMiB: sum(({ pss }) => pss), rssMiB: sum(({ rss }) => rss) };
    }
    const totalMiB = Object.values(programs).reduce((sum, { pssMiB }) => sum + pssMiB, 0);
    if (totalMiB > (this.#most?.totalMiB ?? 0)) this.#most = { totalMiB, programs };
    this.#looking = false;
  }
}

/** In KiB. */
interface Size {
  readonly pss: number;
  readonly rss: number;
}

/** Null when the process is gone, or the system does not tell. */
async function sizeOf(pid: number): Promise<Size | null> {
  try {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
    const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0);
    return { pss: of('Pss'), rss: of('Rss') };
  } catch {
    return null;
  }
}

/** For people. */
export function describeMemory({ totalMiB, programs }: MemorySummary): string {
  const each = Object.entries(programs).map(
    ([program, { processes, pssMiB }]) => `${processes > 1 ? `${processes} × ` : ''}${program} ${pssMiB}`,
  );
  return `Memory at most: ${totalMiB} MiB (${each.join(', ')})`;
}
