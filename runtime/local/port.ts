import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Where free ports are looked for: below the ports that Linux (from 32,768), macOS and Windows (from 49,152) give to outgoing connections and to
 * whoever listens on port 0, so that no bystander takes one between its choice and its use, nor while a process that has it restarts.
 */
const FIRST_PORT = 12_000;
const LAST_PORT = 32_000;

/** Tries before we say that there is none. */
const MOST_TRIES = 100;

/**
 * Makes sure that a port can be listened on, on 127.0.0.1; 0 chooses a free one.
 * @throws with the port and the remedy when it cannot.
 */
export async function freePort(port: number): Promise<number> {
  if (port !== 0) {
    const problem = await problemOf(port);
    if (problem === null) return port;
    throw new Error(`Port ${port} ${problem}: choose another one with --port, or any free one with --port 0`);
  }
  for (let tries = 1; ; tries++) {
    const chosen = randomInt(FIRST_PORT, LAST_PORT);
    const problem = await problemOf(chosen);
    if (problem === null) return chosen;
    if (tries === MOST_TRIES) throw new Error(`No free port was found on 127.0.0.1: port ${chosen} ${problem}`);
  }
}

/** Why the port cannot be listened on; null when it can. */
async function problemOf(port: number): Promise<string | null> {
  const server = createServer().listen({ port, host: '127.0.0.1' });
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${code})`;
  }
  server.close();
  await once(server, 'close');
  return null;
}
