import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startFront } from '../../../runtime/local/front';
import { freePort } from '../../../runtime/local/port';
import { eventually } from '../../support/eventually';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Target {
  readonly url: string;
  readonly server: Server;
  healthy: boolean;
}

/** Answers with its name; `/hangs` never. */
async function target(name: string): Promise<Target> {
  const server = createServer((request, response) => {
    if (request.url === '/hangs') return;
    if (request.url === '/healthz') response.statusCode = made.healthy ? 200 : 500;
    response.end(name);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  const made = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, healthy: true };
  return made;
}

async function front(targets: Target[]): Promise<(path?: string) => Promise<string>> {
  const port = await freePort(0);
  const started = await startFront({ port, targets: () => targets.map(({ url }) => url) });
  undo.push(() => started.close());
  // A connection for each request.
  return async (path = '/') =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } })).text();
}

async function answers(ask: () => Promise<string>, count: number): Promise<Set<string>> {
  const heard = new Set<string>();
  for (let i = 0; i < count; i++) heard.add(await ask());
  return heard;
}

describe('the front', () => {
  it('takes the servers in turn, and goes on when one is dead', async () => {
    const [a, b] = [await target('a'), await target('b')];
    const ask = await front([a, b]);
    expect(await answers(ask, 6)).toEqual(new Set(['a', 'b']));
    a.server.closeAllConnections();
    a.server.close();
    expect(await answers(ask, 6)).toEqual(new Set(['b']));
  });

  it('leaves out one that fails its check, cuts its connections, and takes it in again', async () => {
    const [a, b] = [await target('a'), await target('b')];
    const ask = await front([a, b]);
    const hanging = Promise.allSettled([ask('/hangs'), ask('/hangs')]);
    a.healthy = false;
    // A request on its way to the one that has just been found sick is cut as well.
    await eventually('only b answers', async () => !(await answers(ask, 4).catch(() => new Set(['a']))).has('a'));
    b.healthy = false;
    expect((await hanging).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    a.healthy = true;
    await eventually('only a answers', async () => (await answers(ask, 4).catch(() => new Set())).has('a'));
  });

  it('cuts a connection when there is nobody behind it', async () => {
    const ask = await front([]);
    await expect(ask()).rejects.toThrow();
  });
});
