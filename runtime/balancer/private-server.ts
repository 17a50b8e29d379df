import { createServer, type Server } from 'node:http';

/**
 * What only operators and machines of ours may ask, on a port of its own: `GET /readyz` answers 200, or 503 with the reason.
 * @param trouble why this balancer cannot serve as it should; null when it can.
 */
export function privateServer(trouble: () => string | null): Server {
  return createServer((request, response) => {
    const known = request.url === '/readyz';
    const reason = known ? trouble() : 'only /readyz is here';
    const status = !known ? 404 : reason === null ? 200 : 503;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(reason === null ? { status: 'ready' } : { status: 'not ready', reason }));
  });
}
