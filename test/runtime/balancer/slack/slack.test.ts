import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { EventLog } from '../../../../runtime/balancer/events';
import { type SlackOptions, startSlack } from '../../../../runtime/balancer/slack/slack';
import { SlackVariables } from '../../../../runtime/balancer/slack/variables';
import { StandingOrders } from '../../../../runtime/core/orders/standing';
import { eventually } from '../../../support/eventually';
import { bodyOf, webServer } from '../../../support/webhook';
import { keptLog } from '../support';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const WAIT_MS = 40_000;
const SECRET = '/services/T0AAAAAAA/B0BBBBBBB/cGFzc3dvcmQ';

/** A webhook that keeps the text of each message; `status` may change. */
async function webhook() {
  const hook = { texts: [] as string[], status: 200, url: '' };
  const { url, stop } = await webServer(async (request, response) => {
    const body = await bodyOf(request);
    if (hook.status === 200) hook.texts.push(body);
    response.writeHead(hook.status).end(request.url);
  });
  undo.push(stop);
  hook.url = `${url}${SECRET}`;
  return hook;
}

/** Balancer `a` with one cluster, `game`, and its messages. */
async function balancer(variables: Record<string, string>, over: Partial<SlackOptions> = {}) {
  const own = new EventLog({ balancerId: 'a', now: Date.now });
  const { log, lines } = keptLog();
  const stop = await startSlack({
    variables: SlackVariables.parse(variables),
    ...{ stack: 'prod', balancerId: 'a', paired: true, own, shared: own, log },
    store: { load: async () => [], save: async () => undefined },
    view: {
      clusters: () => ['game'],
      snapshot: (cluster) => ({ cluster, atMs: 0, massFailure: false, nodes: [] }),
    },
    ownerOf: () => 'a',
    orders: () => StandingOrders.parse({}),
    gatherMs: 50,
    ...over,
  });
  undo.push(stop);
  return { own, lines, stop };
}

describe('a balancer with a webhook', () => {
  it('tells what happens, and how things are', async () => {
    const hook = await webhook();
    const word = { by: 'ann', why: 'new kernel', atMs: 0 };
    const { own } = await balancer(
      { SLACK_WEBHOOK_URL: hook.url, SLACK_REPORT_MS: '1000', PAGE_URL: 'http://page/' },
      {
        orders: () =>
          StandingOrders.parse({ clusters: { game: { paused: word } }, maintenance: { ...word, on: true } }),
      },
    );
    own.emit({ kind: 'scaling-grow', cluster: 'game', reason: 'from 2 to 4 instances', details: { rule: 'average' } });
    await eventually('it is told', () => hook.texts.some((text) => text.includes('from 2 to 4 instances')), WAIT_MS);
    await eventually('the state is reported', () => hook.texts.some((text) => text.includes(':bar_chart:')), WAIT_MS);
    const report = hook.texts.find((text) => text.includes(':bar_chart:'));
    expect(report).toContain('*game* · owned by a');
    expect(report).toContain('Autoscaler: from 2 to 4 instances');
    expect(report).toMatch(/Autoscaler paused since .*: ann \(new kernel\)/);
    expect(report).toContain('*Maintenance*');
    expect(report).toContain('<http://page/|Open the live page>');
  });

  it('leaves what both have seen, and the report, to the owner of the cluster', async () => {
    const hook = await webhook();
    let owner = 'b';
    const { own } = await balancer({ SLACK_WEBHOOK_URL: hook.url, SLACK_REPORT_MS: '1000' }, { ownerOf: () => owner });
    own.emit({ kind: 'node-red', cluster: 'game', nodeId: 'n1', reason: 'silent' });
    own.emit({ kind: 'peer-silent', reason: 'gone' });
    await eventually('its own is told', () => hook.texts.some((text) => text.includes('gone')), WAIT_MS);
    expect(hook.texts.join()).not.toMatch(/n1|:bar_chart:/);
    // The other one has died before it could tell.
    own.emit({ kind: 'node-red', cluster: 'game', nodeId: 'n2', reason: 'silent' });
    owner = 'a';
    await eventually('the new owner tells', () => hook.texts.some((text) => text.includes('n2')), WAIT_MS);
  });

  it('goes on when the webhook fails, says so once without its address, and tells all when it works again', async () => {
    const hook = await webhook();
    hook.status = 500;
    const { own, lines } = await balancer({ SLACK_WEBHOOK_URL: hook.url, SLACK_REPORT_MS: '0' });
    own.emit({ kind: 'peer-silent', reason: 'gone' });
    const failures = () => lines.filter((line) => JSON.stringify(line).includes('answered 500'));
    await eventually('it is logged', () => failures().length > 0, WAIT_MS);
    hook.status = 200;
    await eventually('it is told', () => hook.texts.some((text) => text.includes('gone')), WAIT_MS);
    await eventually('that is logged', () => lines.some(({ msg }) => msg === 'Slack takes messages again'), WAIT_MS);
    expect(failures()).toHaveLength(1);
    expect(failures()[0]?.msg).toMatch(/^Slack has not taken/);
    expect(JSON.stringify(lines)).not.toMatch(/T0AAAAAAA|cGFzc3dvcmQ/);
  });

  it('reads the address from a file, whenever that comes, and complains about a wrong one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rf-slack-'));
    undo.push(() => rm(folder, { recursive: true }));
    const file = join(folder, 'url');
    await writeFile(file, `http://hooks.slack.com${SECRET}`);
    const { own, lines } = await balancer({ SLACK_WEBHOOK_FILE: file, SLACK_REPORT_MS: '0' });
    expect(JSON.stringify(lines)).toContain('must be the https:// address');
    expect(JSON.stringify(lines)).not.toContain('cGFzc3dvcmQ');
    own.emit({ kind: 'peer-silent', reason: 'gone' });
    const hook = await webhook();
    await writeFile(file, `${hook.url}\n`);
    await eventually('it is told', () => hook.texts.some((text) => text.includes('gone')), WAIT_MS);
  });

  it('says at its end what was not told yet', async () => {
    const hook = await webhook();
    const { own, stop } = await balancer({ SLACK_WEBHOOK_URL: hook.url, SLACK_REPORT_MS: '0' });
    own.emit({ kind: 'order-drain', cluster: 'game', nodeId: 'n1', reason: 'disk is full', by: 'alice' });
    await stop();
    // On a busy machine it may be under way still.
    await eventually('it is told', () => hook.texts.join().includes('disk is full (alice)'), WAIT_MS);
  });
});

describe('its variables', () => {
  const mistakes = (variables: Record<string, string>) => {
    const { error } = SlackVariables.safeParse(variables);
    return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
  };

  it('may all be missing, or empty', () => {
    expect(SlackVariables.parse({ SLACK_WEBHOOK_URL: '', PAGE_URL: '' })).toEqual({ SLACK_REPORT_MS: 3_600_000 });
    expect(mistakes({ SLACK_REPORT_MS: '0' })).toEqual([]);
  });

  it('are named when they are wrong, the secret unsaid', () => {
    expect(mistakes({ SLACK_WEBHOOK_URL: 'hooks.slack.com/cGFzc', SLACK_REPORT_MS: '5', PAGE_URL: 'page' })).toEqual([
      'SLACK_WEBHOOK_URL: must be the https:// address of a Slack webhook; http:// only on this machine',
      'SLACK_REPORT_MS: must be 1000 or more, or 0 for no reports',
      'PAGE_URL: must begin with http:// or https://',
    ]);
  });
});
