import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { Group, type GroupOptions } from '../../../runtime/local/group';
import { startGuard } from '../../../runtime/local/guard';
import { eventually } from '../../support/eventually';
import { exists } from './support';

const guard = startGuard();
const said: string[] = [];
const lines: string[] = [];
const groups: Group[] = [];

function group(over: Partial<GroupOptions> = {}): Group {
  const created = new Group({
    cluster: 'game',
    file: join(__dirname, 'programs', 'node.js'),
    version: 'v1',
    size: 3,
    env: () => ({}),
    guard,
    signal: new AbortController().signal,
    say: (line) => said.push(line),
    onLine: (nodeId, line) => lines.push(`${nodeId} ${line}`),
    ...over,
  });
  groups.push(created);
  return created;
}

const ids = (of: Group) => of.describe().map((node) => node.nodeId);
const running = (of: Group) => of.describe().filter((node) => node.state === 'running');
const first = (of: Group) => {
  const node = running(of)[0];
  if (node === undefined) throw new Error('no node runs');
  return node;
};

afterEach(async () => {
  await Promise.all(groups.splice(0).map((each) => each.stop(1_000)));
  said.length = 0;
  lines.length = 0;
});
afterAll(() => guard.stop());

describe('a group', () => {
  it('starts its nodes over the zones, each with an id, a version and an endpoint that answers', async () => {
    const game = group({ env: (nodeId) => ({ OWN: `of ${nodeId}` }) });
    await game.start();
    const nodes = game.describe();
    expect(nodes.map((node) => node.state)).toEqual(['running', 'running', 'running']);
    expect(new Set(nodes.map((node) => node.zone)).size).toBe(3);
    expect(new Set(ids(game)).size).toBe(3);
    for (const node of nodes) {
      const answer = (await (await fetch(node.endpoint ?? '')).json()) as { pid: number; env: Record<string, string> };
      expect(answer.pid).toBe(node.pid);
      expect(answer.env).toMatchObject({ NODE_ID: node.nodeId, VERSION: 'v1', OWN: `of ${node.nodeId}` });
      expect(answer.env).not.toHaveProperty('TEST_REDIS_URL');
    }
    expect(game.state()).toEqual({ cluster: 'game', desired: 3, wantedVersion: 'v1' });
  });

  it('replaces a node that ends by itself, under a new id, and says so', async () => {
    const game = group({ size: 2 });
    await game.start();
    const victim = first(game);
    process.kill(victim.pid, 'SIGKILL');
    await eventually('it is gone and replaced', () => !ids(game).includes(victim.nodeId) && running(game).length === 2);
    expect(said.join('\n')).toContain(`${victim.nodeId} has ended by itself (SIGKILL)`);
    expect(game.state().desired).toBe(2);
  });

  it('kills and replaces a hung node that is reported unhealthy, once', async () => {
    const game = group({ size: 2 });
    await game.start();
    const victim = first(game);
    process.kill(victim.pid, 'SIGSTOP');
    game.reportUnhealthy(victim.nodeId);
    game.reportUnhealthy(victim.nodeId);
    await eventually('it is replaced', () => !ids(game).includes(victim.nodeId) && running(game).length === 2);
    game.reportUnhealthy(victim.nodeId);
    expect(exists(victim.pid)).toBe(false);
    expect(game.describe()).toHaveLength(2);
    expect(game.state().desired).toBe(2);
  });

  it('terminates exactly the node it is told to, once, and does not replace it', async () => {
    const game = group({ size: 2 });
    await game.start();
    const victim = first(game);
    game.terminate(victim.nodeId);
    expect(game.describe().find((node) => node.nodeId === victim.nodeId)?.state).toBe('terminating');
    game.terminate(victim.nodeId);
    game.terminate('game-unknown');
    await eventually('it is gone', () => !ids(game).includes(victim.nodeId));
    expect(game.state().desired).toBe(1);
    expect(running(game)).toHaveLength(1);
    expect(said).toEqual([]);
  });

  it('grows to an absolute size, never shrinks, and keeps a limit', async () => {
    const game = group({ size: 1, maxSize: 3 });
    await game.start();
    game.grow(3);
    game.grow(3);
    game.grow(2);
    await eventually('three run', () => running(game).length === 3);
    expect(game.state().desired).toBe(3);
    expect(game.describe()).toHaveLength(3);
    expect(() => game.grow(4)).toThrow('at most 3 nodes');
  });

  it('fails to start when a node ends before it is ready, and tries again less and less often', async () => {
    const game = group({ size: 1, env: () => ({ BEHAVIOUR: 'broken' }) });
    await expect(game.start()).rejects.toThrow(/^game-\w+ ended before it was ready \(exit code 1\)$/);
    expect(lines.join('\n')).toContain('broken: no configuration');
    await eventually('it was tried again', () => said.length >= 2);
    expect(said[0]).toContain('another starts in 0.25 s');
    expect(said[1]).toContain('another starts in 0.5 s');
  });

  it('stops all of them, also those that are hung or ignore SIGTERM', async () => {
    const game = group({ env: () => ({ BEHAVIOUR: 'deaf' }) });
    await game.start();
    const pids = game.describe().map((node) => node.pid);
    process.kill(first(game).pid, 'SIGSTOP');
    await game.stop(300);
    expect(pids.filter(exists)).toEqual([]);
    expect(game.describe()).toEqual([]);
  });

  it('starts nothing any more once the signal has come', async () => {
    const abort = new AbortController();
    const game = group({ size: 1, signal: abort.signal });
    await game.start();
    const { pid } = first(game);
    abort.abort();
    process.kill(pid, 'SIGKILL');
    game.grow(2);
    await eventually('it is gone', () => game.describe().length === 0);
    expect(said).toEqual([]);
  });

  it('gives a new version to what starts from then on, and leaves what runs alone', async () => {
    const game = group({ size: 2 });
    await game.start();
    const before = ids(game);
    expect([game.roll(), game.roll()]).toEqual(['v1-1', 'v1-2']);
    expect(game.state().wantedVersion).toBe('v1-2');
    expect(ids(game)).toEqual(before);
    game.grow(3);
    const fresh = await eventually('the third runs', () =>
      running(game).find(({ nodeId }) => !before.includes(nodeId)),
    );
    const answer = (await (await fetch(fresh.endpoint ?? '')).json()) as { env: Record<string, string> };
    expect([fresh.version, answer.env.VERSION]).toEqual(['v1-2', 'v1-2']);
    expect(game.describe().map(({ version }) => version)).toEqual(['v1', 'v1', 'v1-2']);
  });

  it('remembers how many it has started, and which were ended on demand', async () => {
    const game = group({ size: 2 });
    await game.start();
    const { nodeId } = first(game);
    const sinceMs = Date.now();
    game.terminate(nodeId);
    game.terminate(nodeId);
    await eventually('it is gone', () => !ids(game).includes(nodeId));
    expect([game.launched, [...game.terminations.keys()]]).toEqual([2, [nodeId]]);
    expect(game.terminations.get(nodeId)).toBeGreaterThanOrEqual(sinceMs);
    expect(running(game)).toHaveLength(1);
  });

  it('tells what happens to each process, and gives out the address that it is told to', async () => {
    const told: string[] = [];
    const game = group({
      size: 2,
      onEvent: ({ kind, cluster, nodeId }) => told.push(`${kind} ${cluster} ${nodeId}`),
      address: async (nodeId) => `http://${nodeId}.example`,
    });
    await game.start();
    const [one = '', other = ''] = ids(game);
    expect(game.describe().map(({ endpoint }) => endpoint)).toEqual([
      `http://${one}.example`,
      `http://${other}.example`,
    ]);
    game.terminate(one);
    await eventually('it is gone', () => !ids(game).includes(one));
    game.reportUnhealthy(other);
    await eventually('it is replaced', () => running(game).length === 1 && !ids(game).includes(other));
    const [next = ''] = ids(game);
    expect(told).toEqual([
      ...[`started game ${one}`, `started game ${other}`, `terminate game ${one}`, `ended game ${one}`],
      ...[`unhealthy game ${other}`, `ended game ${other}`, `started game ${next}`],
    ]);
  });
});
