import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { directApi, FleetClient, type LinkReport, type Match } from '../../runtime/client';
import { eventually } from '../support/eventually';
import { after, allFinish, Cluster, Commands, type NodeView } from './support';

const commands = new Commands();
afterEach(() => commands.cleanUp());

interface Sample {
  readonly atMs: number;
  readonly nodes: number;
  readonly players: number;
}

const isOpen = ({ health, phase }: NodeView) => health === 'green' && phase === 'open';
const ids = (nodes: readonly NodeView[]) => nodes.map(({ nodeId }) => nodeId).sort();

/** Looks at a cluster several times a second until it is stopped. */
function observed(cluster: Cluster, name: 'lobby' | 'game'): { readonly looks: NodeView[][]; stop(): Promise<void> } {
  const looks: NodeView[][] = [];
  let running = true;
  const looking = (async () => {
    while (running) {
      const nodes = await cluster.nodes(name).catch(() => null);
      if (nodes !== null && nodes.length > 0) looks.push([...nodes]);
      await after(performance.now(), 200);
    }
  })();
  return {
    looks,
    stop: () => {
      running = false;
      return looking;
    },
  };
}

describe('the fleets of the local cluster', () => {
  it('follow a tide of players up and down, and cut nobody off', async () => {
    const json = join(commands.folder(), 'tide.json');
    const run = commands.npm(['start', '--', '--port', '0', '--scenario', 'tide', '--exit', '--json', json]);
    const { code } = await run.exited;
    expect({ code, output: code === 0 ? '' : run.output }).toEqual({ code: 0, output: '' });
    const summary = JSON.parse(readFileSync(json, 'utf8'));
    expect(summary).toMatchObject({ failed: 0, splitRooms: 0, cutOffByScaling: 0, finished: summary.players });
    expect(summary.peakConcurrent).toBeGreaterThan(400);
    expect(run.output).toMatch(/Scaling: \d+ nodes started, \d+ stopped; 0 players cut off by it\n$/);

    const game: Sample[] = summary.series.game;
    const peak = game.reduce((highest, sample) => (sample.players > highest.players ? sample : highest));
    const most = Math.max(...game.map(({ nodes }) => nodes));
    expect(game[0]?.nodes).toBe(2);
    expect(most).toBeGreaterThan(6);
    // It was large when the players were many, and is small when they are gone.
    expect(game.find(({ nodes }) => nodes === most)?.atMs).toBeLessThan(peak.atMs + 60_000);
    expect(game.at(-1)?.nodes).toBeLessThan(most / 2);
    expect(summary.series.lobby.length).toBe(game.length);
    expect(summary.nodesStopped).toBeGreaterThan(most / 2);
  }, 330_000);

  it('are measured by who would notice: a node that is terminated under its players is counted, and fails the run', async () => {
    const json = join(commands.folder(), 'summary.json');
    const sizes = ['--lobby', '1', '--game', '2', '--players', '24', '--json', json];
    const run = commands.npm(['start', '--', '--port', '0', '--exit', ...sizes]);
    await run.prints(/ 24 playing/, 60_000);
    // What the supervisor takes for the balancer's demand.
    const word = readdirSync(run.folder).find((name) => name.endsWith('.json')) ?? '';
    const { origin, password } = new URL(JSON.parse(readFileSync(join(run.folder, word), 'utf8')).control);
    const headers = { authorization: `Bearer ${password}` };
    const reply = await fetch(`${origin}/clusters/game/instances`, { headers });
    const { instances } = (await reply.json()) as { instances: { nodeId: string }[] };
    await fetch(`${origin}/clusters/game/instances/${instances[0]?.nodeId}/terminate`, { method: 'POST', headers });
    expect((await run.exited).code).toBe(1);
    const summary = JSON.parse(readFileSync(json, 'utf8'));
    expect(summary).toMatchObject({ finished: 24, failed: 0, nodesStopped: 1 });
    expect(summary.cutOffByScaling).toBeGreaterThanOrEqual(8);
  }, 120_000);

  it('are back to size after kill -9 of half the game nodes at once, each replaced once', async () => {
    const cluster = await Cluster.start(commands, 2, 6);
    const bees = cluster.bees(48, 2, 10);
    await cluster.withPlayers('game', 4);
    const before = ids(await cluster.nodes('game'));
    const dead = before.slice(0, 3);
    const { looks, stop } = observed(cluster, 'game');
    for (const nodeId of dead) process.kill(cluster.pid(nodeId), 'SIGKILL');
    await eventually(
      'six are green again',
      async () => {
        const nodes = await cluster.nodes('game');
        return nodes.filter(isOpen).length === 6 && dead.every((nodeId) => !ids(nodes).includes(nodeId));
      },
      60_000,
    );
    await allFinish(bees, 48);
    await stop();
    expect(new Set(looks.flatMap(ids)).size).toBe(9);
    expect((await cluster.nodes('game')).length).toBe(6);
  }, 180_000);

  it('lose nobody when all game nodes are frozen for 20 s: none is evicted or terminated, and all is well afterwards', async () => {
    const cluster = await Cluster.start(commands, 2, 4);
    const bees = cluster.bees(48, 2, 30);
    await cluster.withPlayers('game', 8);
    const before = ids(await cluster.nodes('game'));
    const sinceMs = performance.now();
    for (const nodeId of before) process.kill(cluster.pid(nodeId), 'SIGSTOP');
    const { looks, stop } = observed(cluster, 'game');
    await after(sinceMs, 20_000);
    for (const nodeId of before) process.kill(cluster.pid(nodeId), 'SIGCONT');
    await eventually('all are green again', async () => (await cluster.nodes('game')).every(isOpen), 30_000);
    await allFinish(bees, 48);
    await stop();
    expect(looks.some((nodes) => nodes.every(({ health }) => health === 'held'))).toBe(true);
    for (const nodes of looks) expect(ids(nodes)).toEqual(before);
    for (const kind of ['node-evicted', 'scaling-terminate', 'scaling-grow', 'node-red']) {
      expect(cluster.printed(kind, 'game')).toEqual([]);
    }
  }, 180_000);

  it('replace 6 nodes one after the other under 400 players: nobody is cut off, never fewer take players', async () => {
    const cluster = await Cluster.start(commands, 2, 6);
    const bees = cluster.bees(400, 20, 40, '--rate', '1');
    await cluster.withPlayers('game', 20);
    const before = ids(await cluster.nodes('game'));
    const { looks, stop } = observed(cluster, 'game');
    const roll = cluster.local('roll', 'game');
    expect((await roll.exited).code).toBe(0);
    expect(roll.output).toMatch(/game: every node runs version \w+-1\n$/);
    await allFinish(bees, 400);
    // A connection that breaks would be opened anew.
    expect(bees.summary()).toMatchObject({ reconnects: 0 });
    // The balancers see it with their next look at the fleet.
    await eventually('six new ones take players, and no other is left', async () => {
      const nodes = await cluster.nodes('game');
      return nodes.length === 6 && nodes.every((node) => isOpen(node) && !before.includes(node.nodeId));
    });
    await stop();
    expect(Math.min(...looks.map((nodes) => nodes.filter(isOpen).length))).toBe(6);
  }, 240_000);

  it('go on where they were when the balancers are killed in the middle of a drain and of a cooldown', async () => {
    const cooldownMs = 25_000;
    const scaling = { minimum: 1, maximum: 3, in: { cooldownMs, stabiliseMs: 5_000, drainAtLeastMs: 0 } };
    const env = { SCALING: JSON.stringify({ game: scaling, lobby: null }), TICKET_TTL_MS: '3000' };
    const cluster = await Cluster.start(commands, 1, 3, env);
    // So many that each node has some: the first one to leave has to wait for them.
    const bees = cluster.bees(24, 1, 60);
    const leaving = await eventually(
      'one drains',
      async () => (await cluster.nodes('game')).find(({ phase }) => phase === 'draining'),
      60_000,
    );
    const drainedMs = performance.now();
    expect(leaving.sessions).toBeGreaterThan(0);
    for (const pid of cluster.balancers()) process.kill(pid, 'SIGKILL');

    const others = async () => {
      const nodes = await cluster.nodes('game').catch(() => []);
      return nodes.filter(({ nodeId }) => nodeId !== leaving.nodeId);
    };
    const again = await eventually(
      'the new balancers see it drain',
      async () => {
        const nodes = await cluster.nodes('game').catch(() => []);
        return nodes.find(({ nodeId, health }) => nodeId === leaving.nodeId && health === 'green');
      },
      30_000,
    );
    expect(again.phase).toBe('draining');
    // The cooldown began when the first drain did, and neither ended nor began anew with the balancers.
    await eventually('a second one drains', async () => (await others()).some(({ phase }) => phase !== 'open'), 90_000);
    const waitedMs = performance.now() - drainedMs;
    expect(waitedMs).toBeGreaterThan(cooldownMs - 3_000);
    expect(cluster.printed('scaling-drain', 'game').length).toBeGreaterThan(0);
    expect(cluster.printed('scaling-undrain', 'game')).toEqual([]);
    await allFinish(bees, 24);
    expect(bees.summary()).toMatchObject({ reconnects: 0 });
    await eventually(
      'the first one is gone',
      async () => (await cluster.node('game', leaving.nodeId)) === undefined,
      60_000,
    );
  }, 240_000);

  it('ask players who wait in a lobby that is to go to move on, and these are matched elsewhere', async () => {
    const move = { afterMs: 1_000, batch: 5, everyMs: 1_000 };
    const lobby = { minimum: 1, maximum: 2, in: { cooldownMs: 8_000, stabiliseMs: 5_000, drainAtLeastMs: 0, move } };
    const env = { SCALING: JSON.stringify({ lobby, game: null }), TICKET_TTL_MS: '2000', MODES: 'duel:2' };
    const cluster = await Cluster.start(commands, 2, 1, env);
    const moved: string[] = [];
    const clients: FleetClient[] = [];
    const duel = (playerId: string, pool: string): Promise<Match> => {
      const match = play(playerId, pool);
      // When the test fails, closing the clients ends those that still wait: that is not a failure of its own.
      match.catch(() => undefined);
      return match;
    };
    const play = async (playerId: string, pool: string): Promise<Match> => {
      const observe = ({ kind }: LinkReport) => void (kind === 'moved' && moved.push(playerId));
      const client = new FleetClient({ playerId, api: directApi(cluster.api, 'local-dev-key'), observe });
      clients.push(client);
      return (await client.joinLobby()).enter('duel', { pool });
    };
    try {
      // One on each node, each alone in a pool: whichever node goes, somebody waits there.
      const first = duel('first', 'one');
      await cluster.withPlayers('lobby', 1);
      const second = duel('second', 'two');
      await eventually('one lobby node is left', async () => (await cluster.nodes('lobby')).length === 1, 90_000);
      expect(moved).toHaveLength(1);
      const partners = [duel('third', 'one'), duel('fourth', 'two')];
      const matches = await Promise.all([first, second, ...partners]);
      const members = matches.map((match) => [...match.members].sort().join(' '));
      expect(members).toEqual(['first third', 'fourth second', 'first third', 'fourth second']);
    } finally {
      for (const client of clients) client.close();
    }
  }, 180_000);
});
