import { Command } from 'commander';
import { z } from 'zod';
import { whole } from '../runtime/arguments';
import { CLIENTS } from '../runtime/bees/clients';
import { bundled, Side, say } from './side';

const ROUNDS = 3;
const Figures = z.object({ cpuMs: z.number(), bytes: z.number() });

/** What a connection costs the load generator, by client. CPU in milliseconds, memory in bytes. */
export interface BeeFigures {
  readonly what: 'wire' | 'bee';
  readonly client: (typeof CLIENTS)[number];
  readonly cpuMs: number;
  readonly bytes: number;
}

/** Runs both clients in turns, and takes each one's best round: noise only adds. */
export async function measureBees(connections: number): Promise<BeeFigures[]> {
  const { file, remove } = await bundled('bee-side.ts');
  const server = new Side(file, { role: 'server' });
  try {
    const { port } = await server.next(z.object({ port: z.number() }));
    const rounds: BeeFigures[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const what of ['wire', 'bee'] as const) {
        for (const client of CLIENTS) {
          const setup = { role: 'clients', client, what, endpoint: `http://127.0.0.1:${port}`, connections };
          const side = new Side(file, setup, ['--expose-gc']);
          rounds.push({ what, client, ...(await side.next(Figures)) });
          await side.end();
        }
      }
    }
    return (['wire', 'bee'] as const).flatMap((what) =>
      CLIENTS.map((client) => {
        const own = rounds.filter((round) => round.what === what && round.client === client);
        const least = (of: (round: BeeFigures) => number): number => Math.min(...own.map(of));
        return { what, client, cpuMs: least(({ cpuMs }) => cpuMs), bytes: least(({ bytes }) => bytes) };
      }),
    );
  } finally {
    await server.end();
    await remove();
  }
}

export function describeBees(figures: readonly BeeFigures[]): string {
  const rows = figures.map(
    ({ what, client, cpuMs, bytes }) =>
      `${what.padEnd(6)} ${client.padEnd(10)} ${cpuMs.toFixed(3).padStart(8)} ms ${(bytes / 1_024).toFixed(1).padStart(7)} KiB ` +
      `${Math.round(1_000 / cpuMs)
        .toString()
        .padStart(8)}/s`,
  );
  return ['per connection        CPU      memory    per core', ...rows].join('\n');
}

if (require.main === module) {
  const { connections } = new Command('bench:bee')
    .description('What a connection costs a bee: the light client beside socket.io-client.')
    .option('--connections <N>', 'of each client in each round', whole(100, 15_000), 3_000)
    .parse()
    .opts<{ connections: number }>();
  void measureBees(connections).then((figures) => say(describeBees(figures)));
}
