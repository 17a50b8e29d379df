import { once } from 'node:events';
import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { PageEvent, Picture, Update } from '../../../runtime/core/protocol/page';
import { eventually } from '../../support/eventually';
import { KEY, PlayedPage, shownNode } from './support';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function played(everyMs?: number): Promise<{ page: PlayedPage; url: string }> {
  const page = new PlayedPage(everyMs);
  undo.push(() => page.stop());
  return { page, url: await page.app.listen({ host: '127.0.0.1', port: 0 }) };
}

/** One who watches: what came, whole pictures and updates apart. */
class Watcher {
  readonly pictures: Picture[] = [];
  readonly updates: Update[] = [];
  readonly #request: ClientRequest;
  #response: IncomingMessage | undefined;
  #text = '';

  constructor(url: string) {
    this.#request = get(`${url}/stream`, { headers: KEY });
    this.#request.on('error', () => undefined);
    undo.push(() => this.#request.destroy());
  }

  async open(): Promise<IncomingMessage> {
    const [response] = await once(this.#request, 'response');
    this.#response = response;
    response.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    return response;
  }

  pause(): void {
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  #take(text: string): void {
    const messages = (this.#text + text).split('\n\n');
    this.#text = messages.pop() ?? '';
    for (const message of messages) {
      const [, kind, data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(message) ?? [];
      if (kind === 'picture') this.pictures.push(JSON.parse(data));
      if (kind === 'update') this.updates.push(JSON.parse(data));
    }
  }
}

async function watcher(url: string): Promise<Watcher> {
  const made = new Watcher(url);
  await made.open();
  return made;
}

const Numbers = z.array(z.number());
const Columns = z.object({ atS: Numbers, connections: Numbers, nodes: Numbers });

function event(id: number, kind: string): PageEvent {
  return { id, kind, atMs: id, reason: 'because', balancerId: 'b1' };
}

describe('the push stream', () => {
  it('is for operators only', async () => {
    const { url } = await played();
    expect((await fetch(`${url}/stream`)).status).toBe(401);
    expect((await fetch(`${url}/histories`)).status).toBe(401);
    expect((await fetch(`${url}/bees`, { method: 'PUT' })).status).toBe(401);
  });

  it('begins with the whole picture, then tells what changes, and no more', async () => {
    const { page, url } = await played();
    page.events = [event(1, 'node-green'), event(2, 'player-finished')];
    const watching = await watcher(url);
    const picture = await eventually('the picture comes', () => watching.pictures[0], 30_000);
    expect(picture.clusters[0]).toMatchObject({ name: 'game', owner: { balancerId: 'b1', epoch: 7 } });
    expect(picture.clusters[0]?.figures).toMatchObject({ connections: 6, capacity: 200, nodes: 2, joinable: 2 });
    expect(picture.clusters[0]?.nodes.map(({ id }) => id)).toEqual(['game-1', 'game-2']);

    page.nodes = [shownNode('game-1', { sessions: 9 }), shownNode('game-3')];
    page.events.push(event(3, 'scaling-grow'));
    const update = await eventually(
      'the change comes',
      () => watching.updates.find(({ clusters }) => clusters[0]?.gone.length === 1),
      30_000,
    );
    expect(update.clusters[0]).toMatchObject({ gone: ['game-2'] });
    expect(update.clusters[0]?.changed).toEqual([
      { id: 'game-1', load: 9 },
      expect.objectContaining({ id: 'game-3', zone: 'a' }),
    ]);
    await eventually(
      'the event comes',
      () => watching.updates.some(({ events }) => events.some(({ id }) => id === 3)),
      30_000,
    );
    const shown = [...picture.events, ...watching.updates.flatMap(({ events }) => events)];
    expect(shown.filter(({ kind }) => kind === 'player-finished')).toEqual([]);
    expect(shown.filter(({ id }) => id === 3)).toHaveLength(1);
  });

  it('tells at once when a node changes its state, not when only its figures do', async () => {
    const { page, url } = await played(3_600_000);
    const watching = await watcher(url);
    await eventually('the picture comes', () => watching.pictures.length > 0, 30_000);
    page.nodes = [shownNode('game-1', { sessions: 50 }), shownNode('game-2')];
    page.changed$.next();
    page.nodes = [shownNode('game-1', { sessions: 50 }), shownNode('game-2', { health: 'suspect', silentMs: 900 })];
    page.changed$.next();
    const update = await eventually('it is told', () => watching.updates[0], 30_000);
    expect(update.clusters[0]?.changed).toContainEqual({ id: 'game-2', health: 'suspect' });
    expect(watching.updates).toHaveLength(1);
  });

  it('queues nothing for one who does not read: the whole picture comes when it reads again', async () => {
    const { page, url } = await played(20);
    const slow = await watcher(url);
    const fast = await watcher(url);
    await eventually('both have the picture', () => slow.pictures.length > 0 && fast.pictures.length > 0, 30_000);
    slow.pause();
    const pictures = slow.pictures.length;
    let round = 0;
    // Large enough to fill what the system keeps for a connection.
    const grow = () => {
      round += 1;
      const version = `${round}`.padStart(2_000, 'x');
      page.nodes = Array.from({ length: 300 }, (_, index) => shownNode(`game-${index}`, { version }));
    };
    const had = () => fast.updates.length + fast.pictures.length;
    const hadALot = () => {
      grow();
      return had() > 25;
    };
    await eventually('the fast one has had a lot', hadALot, 60_000);
    const sent = had();
    slow.resume();
    await eventually('it gets a whole picture', () => slow.pictures.length > pictures, 60_000);
    expect(slow.updates.length).toBeLessThan(sent);
  });

  it('gives the rates of both balancers, the course so far, and what the bees say', async () => {
    const { page, url } = await played(20);
    const watching = await watcher(url);
    let joined = 0;
    const figures = () => watching.updates.at(-1)?.clusters[0]?.figures;
    await eventually(
      'the joins of both are seen',
      () => {
        joined += 1;
        page.counts = new Map([
          ['b1', { assigned: joined, refused: 0 }],
          ['b2', { assigned: joined, refused: joined }],
        ]);
        const { assigned = 0, refused = 0 } = figures() ?? {};
        return refused > 0 && assigned > refused;
      },
      30_000,
    );
    const told = await fetch(`${url}/histories`, { headers: KEY });
    const { game } = z.object({ game: z.object({ minutes: Columns, hours: Columns }) }).parse(await told.json());
    expect(game.minutes.connections.length).toBe(game.minutes.atS.length);
    expect(game.hours.nodes).toContain(2);

    const tell = (body: object) =>
      fetch(`${url}/bees`, {
        method: 'PUT',
        headers: { ...KEY, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const bees = { players: 10, connected: 9, waiting: 1, playing: 8, finished: 4, failed: 0, rooms: 2 };
    expect((await tell(bees)).status).toBe(204);
    expect((await tell({ ...bees, failed: -1 })).status).toBe(400);
    await eventually('they are shown', () => watching.updates.at(-1)?.bees?.connected === 9, 30_000);
  });
});
