import { afterEach, describe, expect, it } from '@jest/globals';
import { ramp } from '../../../runtime/bees/arrivals';
import { summarise } from '../../../runtime/bees/summary';
import { Swarm, type SwarmOptions } from '../../../runtime/bees/swarm';
import { directApi } from '../../../runtime/client';
import { eventually } from '../../support/eventually';
import { FakeFleet } from '../client/fake-fleet';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function fleetOf(options: Parameters<typeof FakeFleet.start>[0] = {}): Promise<FakeFleet> {
  const fleet = await FakeFleet.start(options);
  cleanups.push(() => fleet.stop());
  return fleet;
}

interface Given extends Partial<SwarmOptions> {
  readonly players?: number;
  readonly rampMs?: number;
}

function swarmOf(fleet: FakeFleet, { players = 8, rampMs = 100, ...options }: Given = {}): Swarm {
  const swarm = new Swarm({
    api: directApi(fleet.api, 'key'),
    arrivals: ramp(players, rampMs),
    playMs: 300,
    patienceMs: 15_000,
    lingerMs: 100,
    rate: 20,
    loop: false,
    mode: 'battle',
    pool: 'default',
    fillAfterMs: 60_000,
    ...options,
  });
  cleanups.push(() => swarm.stop());
  return swarm;
}

describe('a swarm', () => {
  it('plays every player once, and counts exactly', async () => {
    const fleet = await fleetOf({ lobby: 2, game: 3 });
    const swarm = swarmOf(fleet, { players: 24 });
    await swarm.run();
    const summary = summarise(swarm.result());

    expect(summary).toMatchObject({
      players: 24,
      finished: 24,
      failed: 0,
      failures: {},
      fillIns: 0,
      rooms: 6,
      roomSizes: { 4: 6 },
      splitRooms: 0,
      reconnects: 0,
      moves: 0,
    });
    expect(summary.peakConcurrent).toBeGreaterThan(0);
    expect(summary.peakConcurrent).toBeLessThanOrEqual(24);
    expect(summary.nodes.map(({ id, cluster }) => `${cluster} ${id}`)).toEqual([
      'game game-0',
      'game game-1',
      'game game-2',
      'lobby lobby-0',
      'lobby lobby-1',
    ]);
    // The fake places rooms in turn, two on each node; they need not be there at the same time.
    for (const { peak } of summary.nodes.slice(0, 3)) {
      expect(peak).toBeGreaterThanOrEqual(4);
      expect(peak).toBeLessThanOrEqual(8);
    }
    for (const { p50Ms, p99Ms } of Object.values(summary.steps)) {
      expect(p50Ms).toBeGreaterThan(0);
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
    }
    // 0.3 s at 20 a second each; a bee that was held up leaves some out.
    expect(summary.messages.sent).toBeGreaterThan(0);
    expect(summary.messages.sent).toBeLessThanOrEqual(24 * 6);
    expect(summary.messages.received).toBeGreaterThan(0);
    expect(swarm.progress()).toMatchObject({ connected: 0, waiting: 0, playing: 0, finished: 24 });
    await eventually('nobody is left', () =>
      [...fleet.lobbies, ...fleet.games].every((node) => node.connections === 0),
    );
  });

  it('fills the last room with extra players, who are not counted', async () => {
    const fleet = await fleetOf();
    const swarm = swarmOf(fleet, { players: 10, fillAfterMs: 2_000 });
    await swarm.run();
    expect(summarise(swarm.result())).toMatchObject({
      players: 10,
      finished: 10,
      failed: 0,
      fillIns: 2,
      rooms: 3,
      roomSizes: { 4: 3 },
    });
    await eventually('all twelve have finished', () => fleet.requestsTo('finish').length === 12);
  });

  it('plays again and again with --loop, until it is stopped', async () => {
    const fleet = await fleetOf();
    const swarm = swarmOf(fleet, { players: 4, loop: true, playMs: 20 });
    const running = swarm.run();
    await eventually('twelve games', () => swarm.progress().finished >= 12);
    swarm.stop();
    await running;
    expect(summarise(swarm.result()).failed).toBe(0);
    expect(new Set(fleet.requestsTo('lobby').map(({ body }) => body.playerId)).size).toBe(4);
    await eventually('nobody is left', () => fleet.lobbies[0]?.connections === 0 && fleet.games[0]?.connections === 0);
  });

  it('finishes although a game node dies', async () => {
    const fleet = await fleetOf({ game: 2 });
    const swarm = swarmOf(fleet, { players: 8, gather: true });
    const running = swarm.run();
    await eventually('all play', () => swarm.progress().playing === 8);
    fleet.games[0]?.kill();
    await eventually(
      'all are in their rooms again',
      () =>
        fleet.requestsTo('start').length === 12 && [...fleet.rooms.values()].every(({ joined }) => joined.size === 4),
    );
    swarm.release();
    await running;
    const summary = summarise(swarm.result());
    expect(summary).toMatchObject({ finished: 8, failed: 0, rooms: 2, splitRooms: 0, reconnects: 4 });
    expect(fleet.requestsTo('start')).toHaveLength(12);
  });

  it('goes back to the lobby when the room breaks up', async () => {
    const fleet = await fleetOf();
    const swarm = swarmOf(fleet, { players: 4, gather: true });
    const running = swarm.run();
    await eventually('all play', () => swarm.progress().playing === 4);
    for (const room of fleet.rooms.values()) room.closed = true;
    fleet.games[0]?.io.emit('ROOM_CLOSED', { room_id: 'r-0', reason: 'incomplete' });
    await eventually('they have another room', () => fleet.rooms.size === 2);
    swarm.release();
    await running;
    expect(summarise(swarm.result())).toMatchObject({ finished: 4, failed: 0, rooms: 1 });
    expect(fleet.rooms.size).toBe(2);
  });

  it('counts a player that does not get through as failed, with the reason', async () => {
    const fleet = await fleetOf();
    fleet.matching = false;
    const swarm = swarmOf(fleet, { players: 2, patienceMs: 3_000, playMs: 100 });
    await swarm.run();
    expect(summarise(swarm.result())).toMatchObject({ finished: 0, failed: 2, failures: { 'DEADLINE (match)': 2 } });
  });

  it('names the causes down to the system', async () => {
    const fleet = await fleetOf();
    fleet.mishap = () => ({ status: 500, body: { error: { code: 'INTERNAL', message: 'oops' } } });
    const swarm = swarmOf(fleet, { players: 1 });
    await swarm.run();
    expect(summarise(swarm.result()).failures).toEqual({ 'INTERNAL (lobby)': 1 });
    // Nobody listens there, and no other program is given that port.
    const nobody = directApi('http://127.0.0.1:2', 'key');
    const late = swarmOf(fleet, { api: nobody, players: 1, patienceMs: 3_000, playMs: 60_000 });
    await late.run();
    expect(summarise(late.result()).failures).toEqual({ 'DEADLINE/NETWORK/ECONNREFUSED (lobby)': 1 });
  });

  it('gives up at once when the key is wrong', async () => {
    const fleet = await fleetOf();
    const swarm = swarmOf(fleet, { api: directApi(fleet.api, 'wrong'), loop: true });
    await swarm.run();
    expect(swarm.fatal).toMatchObject({ code: 'UNAUTHORIZED' });
  });

  it('stops during the ramp', async () => {
    const fleet = await fleetOf();
    const swarm = swarmOf(fleet, { players: 1_000, rampMs: 3_600_000 });
    const running = swarm.run();
    await eventually('somebody is there', () => swarm.progress().connected > 0);
    swarm.stop();
    await running;
    expect(summarise(swarm.result())).toMatchObject({ finished: 0, failed: 0 });
  });
});
