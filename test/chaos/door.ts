import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { agentIn } from './taps';

/** The port of the way on which a connection is to go, by the first bytes that came over it. */
type Choose = (head: string) => number;

export interface Door {
  readonly port: number;
  close(): void;
}

/** A port of 127.0.0.1 at which everybody arrives, and is sent on by what they say first. */
export async function openDoor(choose: Choose): Promise<Door> {
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    open.add(client);
    client.on('error', () => undefined);
    client.once('close', () => open.delete(client));
    client.once('data', (first: Buffer) => {
      client.pause();
      const way = connect({ port: choose(first.toString('latin1')), host: '127.0.0.1', noDelay: true });
      way.on('error', () => undefined);
      way.write(first);
      way.pipe(client).pipe(way);
      way.once('close', (failed) => (failed ? client.resetAndDestroy() : client.destroy()));
      client.once('close', (failed) => (failed ? way.resetAndDestroy() : way.destroy()));
    });
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** The machine of the balancer that a handshake comes from, `balancer-a` or `balancer-b`; `players` for any other. */
export function comesFrom(head: string): string {
  return machineOf(agentIn(head)) ?? 'players';
}

/** The group of a balancer's start: `balancer-a` of `balancer-a-4f1c2e`; null when it is none. */
export function machineOf(nodeId: string): string | null {
  return /^balancer-[ab](?=-)/.exec(nodeId)?.[0] ?? null;
}

/** Whether this is a balancers' group, not a cluster's. */
export function isMachine(group: string): boolean {
  return machineOf(`${group}-`) === group;
}
