import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where connections are passed on to: a port of 127.0.0.1, or the path of a Unix socket. */
export type ProxyTarget = { readonly port: number } | { readonly path: string };

/** Sees what one connection passes on, at the moment when it is passed on. */
export interface Tap {
  toTarget(chunk: Buffer): void;
  toClient(chunk: Buffer): void;
}

/**
 * - `pass`: bytes go through.
 * - `refuse`: new connections are reset as soon as they are there.
 * - `half-open`: everything is accepted and swallowed, both ways; nobody gets an answer, nor hears that a connection has ended.
 */
type Mode = 'pass' | 'refuse' | 'half-open';

/**
 * A TCP proxy in front of one port of this machine, which plays a bad network. It listens on a free port of 127.0.0.1.
 *
 *     const proxy = await TcpProxy.start({ port });   // or { path: '/…/redis.sock' }
 *     proxy.halfOpen();
 *     proxy.heal();
 *     await proxy.close();
 */
export class TcpProxy {
  readonly #target: ProxyTarget;
  readonly #tap: (() => Tap) | undefined;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #mode: Mode = 'pass';
  #delayMs = 0;

  private constructor(target: ProxyTarget, tap: (() => Tap) | undefined) {
    this.#target = target;
    this.#tap = tap;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
  }

  /** @param tap called for each connection. @default nobody looks on */
  static async start(target: ProxyTarget, tap?: () => Tap): Promise<TcpProxy> {
    const proxy = new TcpProxy(target, tap);
    proxy.#server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** The port that it listens on. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#links.size;
  }

  /** Resets every connection, at both ends. New ones fare as before. */
  cut(): void {
    for (const link of this.#links) link.reset();
  }

  /** Resets every connection, and new ones as soon as they are there. */
  refuse(): void {
    this.#mode = 'refuse';
    this.cut();
  }

  /** From now on bytes and ends of connections arrive so many milliseconds late, in each direction. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Connections, old and new, stay open and lead nowhere. Those never recover: what was swallowed is lost. */
  halfOpen(): void {
    this.#mode = 'half-open';
    for (const link of this.#links) link.swallow();
  }

  /** New connections pass again, without a delay. Connections that were half open stay so, as nobody tells their ends. */
  heal(): void {
    this.#mode = 'pass';
    this.#delayMs = 0;
  }

  /** Resets every connection and stops listening. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  #accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.#mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const target = connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    const link = new Link(client, target, () => this.#delayMs, this.#tap?.());
    this.#links.add(link);
    link.onEnd = () => this.#links.delete(link);
    if (this.#mode === 'half-open') link.swallow();
  }
}

/** A client's connection and ours to the target on its behalf. */
class Link {
  onEnd = (): void => {};
  readonly #client: Socket;
  readonly #target: Socket;
  readonly #delayMs: () => number;
  #swallows = false;

  constructor(client: Socket, target: Socket, delayMs: () => number, tap: Tap | undefined) {
    this.#client = client;
    this.#target = target;
    this.#delayMs = delayMs;
    this.#forward(client, target, (chunk) => tap?.toTarget(chunk));
    this.#forward(target, client, (chunk) => tap?.toClient(chunk));
  }

  reset(): void {
    this.#client.resetAndDestroy();
    abort(this.#target);
    this.onEnd();
  }

  swallow(): void {
    this.#swallows = true;
  }

  /** Bytes, then the end, in their order; a reset at one end resets the other. */
  #forward(from: Socket, to: Socket, seen: (chunk: Buffer) => void): void {
    let waiting = 0;
    let last: Promise<unknown> = Promise.resolve();
    const pass = (act: () => void): void => {
      if (this.#swallows) return;
      const delayMs = this.#delayMs();
      if (delayMs === 0 && waiting === 0) {
        act();
        return;
      }
      const due = sleep(delayMs, undefined, { ref: false });
      waiting += 1;
      last = last.then(async () => {
        await due;
        waiting -= 1;
        if (!this.#swallows) act();
      });
    };
    from.on('data', (chunk: Buffer) =>
      pass(() => {
        seen(chunk);
        if (to.writable && !to.write(chunk)) from.pause();
      }),
    );
    to.on('drain', () => from.resume());
    from.once('end', () => pass(() => to.end()));
    from.on('error', () => undefined);
    from.once('close', (failed) => {
      if (failed) pass(() => abort(to));
      if (to.destroyed) this.onEnd();
    });
  }
}

/** A Unix socket knows no reset. */
function abort(socket: Socket): void {
  if (socket.remoteAddress === undefined && !socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}
