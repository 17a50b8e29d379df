import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import { eachLine } from './lines';

const Assigned = z.object({ endpoint: z.url(), ticket: z.string(), nodeId: z.string() });
export type Assigned = z.infer<typeof Assigned>;

/** Asks the API for a place; null when there is none just now (503): come back later. */
export async function assign(api: string, apiKey: string, playerId: string): Promise<Assigned | null> {
  const response = await fetch(`${api}/v1/clusters/tcp/join`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ playerId }),
  });
  if (response.status === 503) return null;
  if (!response.ok) throw new Error(`the API answered ${response.status}: ${await response.text()}`);
  return Assigned.parse(await response.json());
}

/** One connection to a node. */
export class TcpPlayer {
  /** What the node said, line by line. */
  readonly heard: string[] = [];
  /** The connection has ended; `cut` when neither BYE nor a refusal was the reason. */
  ended: 'left' | 'refused' | 'cut' | null = null;
  resumeToken = '';
  #leaving = false;
  readonly #socket: Socket;

  /** @param first the line to begin with: `TICKET …` or `RESUME …` */
  constructor(endpoint: string, first: string) {
    const { hostname, port } = new URL(endpoint);
    this.#socket = connect(Number(port), hostname, () => this.#socket.write(`${first}\n`));
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.on('close', () => {
      this.ended = this.#leaving ? 'left' : this.heard.at(-1)?.startsWith('ERROR') ? 'refused' : 'cut';
    });
    eachLine(this.#socket, (line) => {
      this.heard.push(line);
      if (line.startsWith('HELLO ')) this.resumeToken = line.split(' ')[2] ?? '';
    });
  }

  work(text: string): void {
    this.#socket.write(`WORK ${text}\n`);
  }

  /** Leaves for good. */
  bye(): void {
    this.#leaving = true;
    this.#socket.end('BYE\n');
  }

  /** Loses the connection. */
  drop(): void {
    this.#leaving = true;
    this.#socket.destroy();
  }
}
