import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { assign, TcpPlayer } from '../../examples/tcp/client';
import { type Nodes, startTcpFleet, type TcpFleet } from '../../examples/tcp/fleet';
import { bundleServer, type Program } from '../../examples/tcp/program';
import { type Guard, startGuard } from '../../runtime/local/guard';
import { eventually } from '../support/eventually';
import { testStack } from '../support/redis';

describe('a fleet of TCP servers', () => {
  const API_KEY = 'key';
  let folder: string;
  let guard: Guard;
  let program: Program;
  const running: TcpFleet[] = [];
  beforeAll(async () => {
    guard = startGuard();
    folder = await mkdtemp(join(tmpdir(), 'rf-tcp-'));
    program = await bundleServer(folder);
  });
  afterEach(async () => {
    for (const fleet of running.splice(0)) await fleet.stop();
  });
  afterAll(async () => {
    await guard.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** One node, which may become three within seconds; green. */
  const start = async (scaling: object, capacity: number): Promise<TcpFleet> => {
    const fleet = await startTcpFleet({
      ...{ stack: testStack(), redisUrl: process.env.TEST_REDIS_URL ?? '', program, size: 1, capacity, guard },
      scaling: {
        ...{ minimum: 1, maximum: 3, bootMs: 500, forecast: null, emergency: { windowMs: 5_000 } },
        out: { cooldownMs: 200 },
        in: { cooldownMs: 200, stepNodes: 4, stabiliseMs: 5_000, drainAtLeastMs: 500 },
        ...scaling,
      },
      ...{
        apiKey: API_KEY,
        pollMs: 100,
        ticketTtlMs: 2_000,
        env: { GRACE_MS: '500', PACE_MS: '5' },
        say: () => undefined,
      },
    });
    running.push(fleet);
    await eventually('green', async () => open(await fleet.nodes()) === 1, 10_000);
    return fleet;
  };
  const open = (nodes: Nodes) => nodes.filter(({ health, phase }) => health === 'green' && phase === 'open').length;
  const sessions = (nodes: Nodes) => nodes.reduce((sum, node) => sum + node.sessions, 0);
  const arrive = async (fleet: TcpFleet, playerId: string): Promise<TcpPlayer> => {
    const place = await eventually(`${playerId} gets a place`, () => assign(fleet.api, API_KEY, playerId), 20_000);
    const player = new TcpPlayer(place.endpoint, `TICKET ${place.ticket}`);
    await eventually(`${playerId} is let in`, () => player.heard.length > 0 || player.ended !== null);
    return player;
  };

  it('grows with its players and shrinks after them, and cuts nobody off', async () => {
    const fleet = await start({}, 10);
    const players: TcpPlayer[] = [];
    for (let i = 0; i < 12; i++) players.push(await arrive(fleet, `p${i}`));
    expect(players.map(({ heard }) => heard[0]?.split(' ')[0])).toEqual(players.map(() => 'HELLO'));
    await eventually('all are counted', async () => sessions(await fleet.nodes()) === 12);
    await eventually('there is room to spare', async () => open(await fleet.nodes()) >= 2, 10_000);

    for (const player of players.slice(0, 10)) player.bye();
    const staying = players.slice(10);
    const terminated = async () => (await fleet.events(0)).some(({ kind }) => kind === 'scaling-terminate');
    await eventually('it shrinks', terminated, 30_000);
    for (const player of staying) player.work('still here');
    await eventually('those who stay are served', () =>
      staying.every(({ heard }) => heard.includes('DONE still here')),
    );
    for (const player of staying) player.bye();
    await eventually('they have left', () => staying.every(({ ended }) => ended !== null));

    expect(players.map(({ ended }) => ended)).toEqual(players.map(() => 'left'));
    const events = await fleet.events(0);
    // An order may be repeated: its answer may have been on the way.
    for (const { nodeId, id } of events.filter(({ kind }) => kind === 'scaling-terminate')) {
      const steps = events.filter((event) => event.nodeId === nodeId && event.id <= id).map(({ kind }) => kind);
      expect(steps.lastIndexOf('scaling-drain')).toBeGreaterThanOrEqual(0);
      expect(steps.indexOf('scaling-seal')).toBeGreaterThan(steps.lastIndexOf('scaling-drain'));
    }
  }, 60_000);

  it('is sized by the length of its queues just as well', async () => {
    const average = { rule: 'per-node', target: 40, outAbove: 80, inBelow: 10 };
    const fleet = await start({ metric: 'queue', average }, 100);
    const ann = await arrive(fleet, 'ann');
    for (let i = 0; i < 400; i++) ann.work(String(i));
    await eventually('it grows', async () => open(await fleet.nodes()) > 1, 30_000);
    expect((await fleet.events(0)).find(({ kind }) => kind === 'scaling-grow')?.reason).toMatch(
      /average load \d+ of 1 nodes \(out above 80/,
    );
    await eventually('the work is done', () => ann.heard.includes('DONE 399'), 30_000);
    const drains = async () => (await fleet.events(0)).some(({ kind }) => kind === 'scaling-drain');
    await eventually('it shrinks again, around her', drains, 30_000);
    ann.work('after');
    await eventually('she was not cut off', () => ann.heard.includes('DONE after'));
    ann.bye();
  }, 60_000);
});
