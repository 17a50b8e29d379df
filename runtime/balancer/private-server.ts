import { createServer, type Server } from 'node:http';

/**
 * What only operators and machines of ours may ask, on a port of its own: each path answers 200, or 503 with the reason.
 * @param troubles by path, e.g. `/readyz`: why it is not so; null when it is.
 */
export function privateServer(troubles: Readonly<Record<string, () => string | null>>): Server {
  const paths = Object.keys(troubles).join(', ');
  return createServer((request, response) => {
    const trouble = Object.hasOwn(troubles, request.url ?? '') ? troubles[request.url ?? ''] : undefined;
    const reason = trouble === undefined ? `here are ${paths} only` : trouble();
    const status = trouble === undefined ? 404 : reason === null ? 200 : 503;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(reason === null ? { status: 'ready' } : { status: 'not ready', reason }));
  });
}
