import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface FrontOptions {
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  /** Addresses of the servers behind it, e.g. `http://127.0.0.1:4711`, as they are now. */
  readonly targets: () => readonly string[];
}

export interface Front {
  close(): Promise<void>;
}

/** How often each server is asked `GET /healthz`, and how long it may take, in milliseconds. */
const CHECK_MS = 500;
const CHECK_TIMEOUT_MS = 750;

/**
 * Stands in for the load balancer in front of the API: passes each connection on to one of the healthy servers in turn; the
 * connections of one that fails its check are cut, so that their clients come again.
 */
export async function startFront({ port, targets }: FrontOptions): Promise<Front> {
  const open = new Map<Socket, string>();
  let sick: ReadonlySet<string> = new Set();
  let turn = 0;

  const cutOff = () => {
    const there = new Set(targets());
    for (const [socket, target] of open) if (sick.has(target) || !there.has(target)) socket.destroy();
  };
  const check = async () => {
    const asked = targets();
    const healthy = await Promise.all(asked.map(isHealthy));
    sick = new Set(asked.filter((_, index) => !healthy[index]));
    cutOff();
  };
  /** Those that are not known to be sick, beginning with the one whose turn it is. */
  const candidates = (): string[] => {
    const fit = targets().filter((target) => !sick.has(target));
    turn += 1;
    return fit.map((_, index) => fit[(turn + index) % fit.length] ?? '');
  };
  const pass = (client: Socket, [target, ...others]: readonly string[]): void => {
    if (target === undefined || client.destroyed) {
      client.destroy();
      return;
    }
    const { hostname, port: targetPort } = new URL(target);
    const server = connect({ host: hostname, port: Number(targetPort), noDelay: true });
    let connected = false;
    server.once('connect', () => {
      connected = true;
      open.set(client, target);
      client.pipe(server).pipe(client);
    });
    server.on('error', () => undefined);
    server.once('close', () => {
      if (connected) client.destroy();
      else pass(client, others);
    });
    client.once('close', () => server.destroy());
  };

  const listener = createServer({ noDelay: true }, (client) => {
    client.on('error', () => undefined);
    client.once('close', () => open.delete(client));
    pass(client, candidates());
  });
  listener.listen({ port, host: '127.0.0.1', backlog: 4_096 });
  await once(listener, 'listening');
  const checking = setInterval(() => void check(), CHECK_MS);
  return {
    close: async () => {
      clearInterval(checking);
      const closed = once(listener, 'close');
      listener.close();
      for (const socket of open.keys()) socket.destroy();
      await closed;
    },
  };
}

async function isHealthy(target: string): Promise<boolean> {
  try {
    return (await fetch(`${target}/healthz`, { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) })).ok;
  } catch {
    return false;
  }
}
