import { connect, type Socket } from 'node:net';
import { build } from 'hdr-histogram-js';

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Mean rate. */
  readonly perSecond: number;
  readonly seconds: number;
  /** How long the same load runs before it is measured: compilers and caches settle at every rate anew. */
  readonly warmUpSeconds: number;
  /** Kept open; a request that finds none free waits for one, and its wait counts. */
  readonly connections: number;
}

/**
 * Posts at a given mean rate with random (exponential) gaps, whether or not earlier answers have come: a stall of the server
 * shows in all requests that it delays, not only in those that a waiting client got out.
 * Speaks HTTP over plain sockets: on a machine of two cores a complete client would take the server's share.
 * @throws Error when a request fails or is not answered with 200.
 */
export async function openLoop(load: Load): Promise<Latency> {
  const micros = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });
  const waiting: number[] = [];
  let open = 0;
  let measuredFrom = Number.POSITIVE_INFINITY;
  let failure: Error | undefined;
  const idle: Connection[] = [];
  const assign = (): void => {
    while (waiting.length > 0) {
      const connection = idle.pop();
      const since = waiting[0];
      if (connection === undefined || since === undefined) return;
      waiting.shift();
      connection.post((error) => {
        if (since >= measuredFrom) micros.recordValue(Math.max(1, Math.round((performance.now() - since) * 1000)));
        open--;
        failure ??= error;
        idle.push(connection);
        assign();
      });
    }
  };
  for (let i = 0; i < load.connections; i++) idle.push(await Connection.open(load));

  measuredFrom = performance.now() + load.warmUpSeconds * 1000;
  const end = measuredFrom + load.seconds * 1000;
  let due = performance.now();
  while (due < end && failure === undefined) {
    const now = performance.now();
    while (due <= now) {
      waiting.push(now);
      open++;
      due += (-Math.log(1 - Math.random()) / load.perSecond) * 1000;
    }
    assign();
    await turn(1);
  }
  while (open > 0 && failure === undefined) await turn(1);
  for (const connection of idle) connection.close();
  if (failure !== undefined) throw failure;
  return { p50Ms: micros.getValueAtPercentile(50) / 1000, p99Ms: micros.getValueAtPercentile(99) / 1000 };
}

function turn(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** One kept-alive connection, one request at a time. */
class Connection {
  readonly #socket: Socket;
  readonly #request: string;
  #received = '';
  #done: ((error?: Error) => void) | undefined;

  private constructor(socket: Socket, request: string) {
    this.#socket = socket;
    this.#request = request;
    socket.setEncoding('latin1').setNoDelay(true);
    socket.on('data', (chunk: string) => this.#read(chunk));
    socket.on('error', (error) => this.#finish(error));
    socket.on('close', () => this.#finish(new Error('the server closed a connection')));
  }

  static async open({ url, headers, body }: Load): Promise<Connection> {
    const { hostname, port, pathname } = new URL(url);
    const all = { host: `${hostname}:${port}`, ...headers, 'content-length': Buffer.byteLength(body) };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Connection(socket, `POST ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
  }

  post(done: (error?: Error) => void): void {
    this.#done = done;
    this.#socket.write(this.#request);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: string): void {
    this.#received += chunk;
    const head = this.#received.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#received.slice(0, head))?.[1]);
    if (this.#received.length < head + 4 + length) return;
    const ok = this.#received.startsWith('HTTP/1.1 200');
    const status = this.#received.slice(0, this.#received.indexOf('\r\n'));
    this.#received = '';
    this.#finish(ok ? undefined : new Error(`the server answered ${status}`));
  }

  #finish(error?: Error): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(error);
  }
}
