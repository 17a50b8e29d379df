import { once } from 'node:events';
import { get, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { PAGE_PROTOCOL, type Picture } from '../../../runtime/core/protocol/page';
import { changes } from '../../../runtime/dashboard/changes';
import { Viewers } from '../../../runtime/dashboard/viewers';
import { eventually } from '../../support/eventually';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** @param stack what the picture is mostly made of. */
function picture(stack: string): Picture {
  return {
    ...{ v: PAGE_PROTOCOL, stack, balancerId: 'b1', atMs: 0, peer: null, trouble: null, maintenance: null, bees: null },
    ...{ clusters: [], events: [] },
  };
}

/** After the end of each stream: monotonic, in milliseconds. */
const muchLater = () => performance.now() + 3_600_000;

/** One who watches and reads nothing, or everything. */
async function watched(viewers: Viewers, reads: boolean): Promise<{ response: ServerResponse; text: () => string }> {
  const app = fastify();
  let response: ServerResponse | undefined;
  app.get('/stream', (_request, reply) => {
    response = reply.raw;
    viewers.add(reply);
  });
  undo.push(() => app.close());
  const request = get(`${await app.listen({ host: '127.0.0.1', port: 0 })}/stream`);
  request.on('error', () => undefined);
  undo.push(() => request.destroy());
  const [answer] = await once(request, 'response');
  let text = '';
  answer.on('error', () => undefined);
  const take = (more: string) => {
    text += more;
  };
  if (reads) answer.setEncoding('utf8').on('data', take);
  if (response === undefined) throw new Error('nobody watches');
  return { response, text: () => text };
}

describe('the viewers of the page', () => {
  it('are asked to come back when their stream is over', async () => {
    const viewers = new Viewers(picture('short'));
    const { response, text } = await watched(viewers, true);
    viewers.send(picture('short'), changes(picture('short'), picture('short')), muchLater());
    await eventually('it is told', () => text().endsWith('event: renew\ndata:\n\n'), 30_000);
    expect([response.writableEnded, viewers.count]).toEqual([true, 0]);
  });

  it.each([
    [
      'their stream is over',
      (viewers: Viewers) => viewers.send(picture(''), changes(picture(''), picture('')), muchLater()),
    ],
    ['the balancer stops', (viewers: Viewers) => viewers.close()],
  ])('who do not read are cut off when %s, and nothing is written to them any more', async (_, end) => {
    // Far more than systems keep for a connection.
    const viewers = new Viewers(picture('x'.repeat(32_000_000)));
    const { response } = await watched(viewers, false);
    const errors: unknown[] = [];
    response.on('error', (error) => errors.push(error));
    expect(response.writableLength).toBeGreaterThan(0);
    for (let time = 0; time < 3; time += 1) end(viewers);
    await eventually('the connection is closed', () => response.closed, 30_000);
    expect([errors, viewers.count]).toEqual([[], 0]);
  });
});
