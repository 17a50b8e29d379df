import { afterEach, describe, expect, it } from '@jest/globals';
import { createAgent } from '../../../runtime/agent';
import { nodeSamples, serveNodeMetrics, withNodeMetrics } from '../../../runtime/metrics/node-metrics';
import { connectPlayer, nextEvent, TestBalancer } from '../../support/agent-client';
import { eventually } from '../../support/eventually';
import { parseExposition } from '../../support/exposition';
import { startNode } from '../agent/support';

let cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanup.reverse()) await end();
  cleanup = [];
});

async function started() {
  const node = await startNode();
  cleanup.push(node.close);
  const channel = await node.balancer.connect(node.url, 'node-1');
  cleanup.push(() => channel.close());
  const metrics = await serveNodeMetrics({ stack: 'test', cluster: 'game', agent: node.agent, port: 0 });
  cleanup.push(metrics.stop);
  const url = `http://127.0.0.1:${metrics.port}/metrics`;
  const always = 'stack="test",cluster="game",node="node-1"';
  const scrape = async () => {
    const series = parseExposition(await (await fetch(url)).text());
    const said = (name: string, label = '') =>
      series.get(`realtime_node_${name}{${[label, always].filter(Boolean).join(',')}}`);
    return { series, said };
  };
  const join = async (player: string) => {
    const joined = await connectPlayer(node.url, { ticket: node.balancer.ticket(channel.hello, player) });
    cleanup.push(() => joined.socket.disconnect());
    return joined;
  };
  return { node, channel, metrics, url, scrape, join };
}

describe("a node's /metrics", () => {
  it('tells who is on it, who was let in and who was refused, and in which phase it is', async () => {
    const { node, channel, scrape, join } = await started();
    const { said: saidFirst } = await scrape();
    expect([saidFirst('sessions'), saidFirst('admitted_total', 'by="ticket"'), saidFirst('capacity')]).toEqual([
      0, 0, 100,
    ]);

    const { socket, session } = await join('alice');
    await join('bob');
    await expect(connectPlayer(node.url, { ticket: 'forged' })).rejects.toThrow();
    socket.io.engine.close();
    await eventually('lost', () => node.agent.connections === 1);
    await connectPlayer(node.url, { resume: session.resume_token }).then((again) =>
      cleanup.push(() => again.socket.disconnect()),
    );
    await channel.order({ kind: 'drain' });

    const { said } = await scrape();
    expect([said('sessions'), said('connections')]).toEqual([2, 2]);
    expect([said('admitted_total', 'by="ticket"'), said('admitted_total', 'by="resume"')]).toEqual([2, 1]);
    expect(said('refused_total', 'code="TICKET_INVALID"')).toBe(1);
    expect([said('phase', 'phase="open"'), said('phase', 'phase="draining"')]).toEqual([0, 1]);
    expect(said('loop_delay_seconds')).toBeGreaterThanOrEqual(0);
  });

  it("counts players' messages both ways, and not the balancers' questions", async () => {
    const { node, channel, scrape, join } = await started();
    node.io.on('connection', (socket) => {
      socket.on('say', (text: string) => node.io.emit('said', text));
    });
    const [alice, bob] = [await join('alice'), await join('bob')];
    const { said: saidFirst } = await scrape();
    for (let count = 0; count < 3; count += 1) {
      const heard = [alice, bob].map(({ socket }) => nextEvent(socket, 'said', 20_000));
      alice.socket.emit('say', 'hello');
      await Promise.all(heard);
      await channel.stats();
    }
    const { said } = await scrape();
    const more = (direction: string) =>
      (said('messages_total', `direction="${direction}"`) ?? 0) -
      (saidFirst('messages_total', `direction="${direction}"`) ?? 0);
    expect([more('in'), more('out')]).toEqual([3, 6]);
  });

  it('has nothing else to show', async () => {
    const { url } = await started();
    expect((await fetch(`${url}?name=x`)).headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    for (const path of ['/', '/metrics/x', '/socket.io/']) {
      expect((await fetch(new URL(path, url))).status).toBe(404);
    }
  });

  it('says nothing of messages when the agent does not see them', () => {
    const agent = createAgent({
      ...{ nodeId: 'n', cluster: 'c', version: 'v', capacity: 1 },
      publicKeys: [new TestBalancer().publicKey],
    });
    cleanup.push(() => agent.stop());
    const names = nodeSamples(agent).map(({ name }) => name);
    expect(names).toContain('realtime_node_sessions');
    expect(names).not.toContain('realtime_node_messages_total');
  });
});

describe('a node program', () => {
  const env = { STACK: 'test', CLUSTER: 'game', HOST: '127.0.0.1' };

  it('serves no metrics unless it is told to', async () => {
    const { node } = await started();
    const server = { agent: node.agent, port: 7, stop: async () => undefined };
    expect(await withNodeMetrics(server, { ...env, METRICS_PORT: undefined })).not.toHaveProperty('metricsPort');
  });

  it('ends, and says which variable to change, when the port of its metrics is taken', async () => {
    const { node, metrics } = await started();
    let stopped = 0;
    const stop = async () => {
      stopped += 1;
    };
    const taken = { ...env, METRICS_PORT: metrics.port };
    await expect(withNodeMetrics({ agent: node.agent, port: 7, stop }, taken)).rejects.toThrow(
      `METRICS_PORT ${metrics.port} of 127.0.0.1: `,
    );
    expect(stopped).toBe(1);
  });
});
