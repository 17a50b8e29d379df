import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually';
import { Launched } from '../support/launched';
import { allFinish, Cluster, Commands } from './support';

const PROGRAM = join(resolve(__dirname, '../..'), 'runtime/operator/realtime.mjs');

const commands = new Commands();
const runs: Launched[] = [];
afterEach(() => {
  for (const run of runs.splice(0)) run.cleanUp();
  commands.cleanUp();
});

/** One command of an operator who sits at the machine of the cluster; what it printed. */
async function realtime(
  cluster: Cluster,
  ...args: readonly string[]
): Promise<{ code: number | null; output: string }> {
  const run = new Launched(process.execPath, [PROGRAM, ...args, '--by', 'ann'], { TMPDIR: cluster.run.folder });
  runs.push(run);
  const { code } = await run.exited;
  return { code, output: run.output };
}

describe('an operator', () => {
  it('drains a game node under load, keeps players out for a while, and nobody is lost', async () => {
    const cluster = await Cluster.start(commands, 2, 2);
    const bees = cluster.bees(40, 2, 12);
    const { nodeId } = await cluster.withPlayers('game', 8);

    const drained = await realtime(cluster, 'drain', nodeId, '--why', 'new kernel');
    expect(drained).toMatchObject({ code: 0, output: expect.stringContaining(`${nodeId} takes no more joins`) });
    await eventually('it drains', async () => (await cluster.node('game', nodeId))?.phase === 'draining', 30_000);
    expect((await realtime(cluster, 'drain', 'nobody')).code).toBe(1);

    expect((await realtime(cluster, 'maintenance', 'on', '--for', '5')).code).toBe(0);
    const join = () =>
      fetch(`${cluster.api}/v1/lobby`, {
        method: 'POST',
        headers: { authorization: 'Bearer local-dev-key', 'content-type': 'application/json' },
        body: JSON.stringify({ playerId: 'visitor' }),
      });
    const refused = await eventually(
      'the door is closed',
      async () => {
        const reply = await join();
        return reply.status === 503 && reply;
      },
      30_000,
    );
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(await refused.json()).toMatchObject({ error: { code: 'MAINTENANCE' } });

    await allFinish(bees, 40);
    await eventually('the drained node is gone', async () => !(await cluster.node('game', nodeId)), 90_000);
    expect(cluster.printed('node-red', 'game')).toEqual([]);

    expect((await realtime(cluster, 'maintenance', 'off')).code).toBe(0);
    await eventually('the door is open', async () => (await join()).status === 200, 30_000);
    const { output } = await realtime(cluster, 'events', '--limit', '1000', '--json');
    const { events } = JSON.parse(output.slice(output.indexOf('{'))) as { events: { kind: string; by?: string }[] };
    const orders = events.filter(({ kind }) => kind.startsWith('order-')).map(({ kind, by }) => `${kind} ${by}`);
    expect(orders).toEqual(['order-drain ann', 'order-maintenance ann', 'order-maintenance ann']);
  }, 240_000);
});
