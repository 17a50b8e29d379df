import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server } from 'socket.io';

/** Connections that the kernel holds for us: a whole wave of players may come at once. */
const BACKLOG = 4_096;

/** How long the stop waits for connections to close properly, in milliseconds. */
const CLOSE_WITHIN_MS = 1_000;

/** Listens on a port, 0 for any free one; the port that was taken. Rejects when it cannot be had. */
export function listen(server: HttpServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Closes a socket.io server with all its connections. A peer that answers no more must not hold up the stop. */
export async function close(io: Server, server: HttpServer): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_WITHIN_MS);
  });
  await Promise.race([io.close(), late]);
  clearTimeout(timer);
  server.closeAllConnections();
}
