import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before the API of the fleet; while it is `broken`, whatever would change the fleet is refused, as with throttling. */
export class FaultyFleet {
  broken = false;
  readonly #servers: ReturnType<typeof createServer>[] = [];

  /** The address that leads through here to the other one, with its credentials. */
  async before(address: string): Promise<string> {
    const target = new URL(address);
    const here = new URL(address);
    const server = createServer((asked, answer) => {
      if (this.broken && asked.method === 'POST') {
        answer.writeHead(503, { 'content-type': 'application/json' });
        answer.end('{"error":{"message":"Rate exceeded"}}');
        return;
      }
      const { method, headers, url: path } = asked;
      const passed = request({ host: target.hostname, port: target.port, method, headers, path }, (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      });
      passed.on('error', () => answer.destroy());
      asked.pipe(passed);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    here.port = String(port);
    return here.href;
  }

  stop(): void {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }
}
