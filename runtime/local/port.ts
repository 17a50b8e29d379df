import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Makes sure that a port can be listened on, on 127.0.0.1; 0 chooses a free one.
 * @throws with the port and the remedy when it cannot.
 */
export async function freePort(port: number): Promise<number> {
  const server = createServer().listen({ port, host: '127.0.0.1' });
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${code})`;
    throw new Error(`Port ${port} ${why}: choose another one with --port, or any free one with --port 0`);
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : port;
}
