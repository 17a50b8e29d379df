import { generateKeyPairSync } from 'node:crypto';
import { z } from 'zod';
import { startPrivateRedis } from '../runtime/local/redis';
import { bundled, Side } from './side';

const Figures = z.object({ cpu: z.number(), green: z.number(), tickP50Ms: z.number(), tickP99Ms: z.number() });

/** The watch loop over so many nodes, one poll of each a second and everything written into the registry. */
export interface WatchFigures extends z.infer<typeof Figures> {
  readonly nodes: number;
}

/** Real nodes (all in one other process), a real Redis; `cpu` is the share of one core that the loop's process used. */
export async function measureWatch(sizes: readonly number[], seconds: number): Promise<WatchFigures[]> {
  const redis = await startPrivateRedis(() => undefined);
  const { file, remove } = await bundled('watch-side.ts');
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const measured: WatchFigures[] = [];
  try {
    for (const count of sizes) {
      const nodes = new Side(file, { role: 'nodes', publicKey, count });
      const { endpoints } = await nodes.next(z.object({ endpoints: z.array(z.string()) }));
      const loop = new Side(file, { role: 'loop', privateKey, endpoints, redisUrl: redis.url, seconds });
      try {
        measured.push({ nodes: count, ...(await loop.next(Figures)) });
      } finally {
        await Promise.all([loop.end(), nodes.end()]);
      }
    }
    return measured;
  } finally {
    await redis.stop();
    await remove();
  }
}
