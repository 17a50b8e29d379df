import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { post } from '../../../../runtime/notify/slack/post';
import { scrubbed, WebhookUrl } from '../../../../runtime/notify/slack/webhook-url';
import { bodyOf, webServer } from '../../../support/webhook';

const SECRET = '/services/T0AAAAAAA/B0BBBBBBB/cGFzc3dvcmQ';
const MESSAGE = { text: 'hello', blocks: [] };

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A webhook that answers as told. */
async function webhook(answer: RequestListener): Promise<string> {
  const { url, stop } = await webServer(answer);
  undo.push(stop);
  return `${url}${SECRET}`;
}

describe('posting', () => {
  it('delivers the message as JSON', async () => {
    let body = '';
    const url = await webhook(async (request, response) => {
      body = await bodyOf(request);
      response.end('ok');
    });
    expect(await post(url, MESSAGE)).toEqual({ kind: 'delivered', problem: null });
    expect(JSON.parse(body)).toEqual(MESSAGE);
  });

  it.each<[string, RequestListener, object]>([
    [
      'refuses for now',
      (_, response) => response.writeHead(429, { 'retry-after': '7' }).end('rate_limited'),
      { kind: 'refused', retryAfterMs: 7_000, problem: 'answered 429: rate_limited' },
    ],
    [
      'says when to come back in words',
      (_, response) => response.writeHead(429, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }).end(),
      { kind: 'refused', retryAfterMs: null, problem: 'answered 429: ' },
    ],
    [
      'fails',
      (_, response) => response.writeHead(500).end('oops'),
      { kind: 'refused', retryAfterMs: null, problem: 'answered 500: oops' },
    ],
    [
      'is gone, for which there is no hurry, and tells the address',
      (request, response) => response.writeHead(404).end(`no_service ${request.url}`),
      { kind: 'refused', retryAfterMs: 300_000, problem: 'answered 404: no_service …' },
    ],
    [
      'resets the connection',
      (request) => request.socket.resetAndDestroy(),
      { kind: 'unclear', retryAfterMs: null, problem: expect.stringContaining('no answer: ') },
    ],
    [
      'sends us elsewhere',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      { kind: 'unclear', retryAfterMs: null, problem: expect.stringContaining('no answer: ') },
    ],
    [
      'breaks off an error half way',
      (_, response) => {
        response.writeHead(500, { 'content-length': '100' });
        response.write('half', () => response.socket?.destroy());
      },
      { kind: 'refused', retryAfterMs: null, problem: expect.stringContaining('answered 500') },
    ],
    [
      'answers without end',
      (_, response) => {
        response.writeHead(200);
        const pour = setInterval(() => response.write('x'.repeat(100_000)), 1);
        response.on('close', () => clearInterval(pour));
      },
      { kind: 'delivered', problem: null },
    ],
    [
      'fails without end',
      (_, response) => {
        response.writeHead(500);
        const pour = setInterval(() => response.write('x'.repeat(100_000)), 1);
        response.on('close', () => clearInterval(pour));
      },
      { kind: 'refused', retryAfterMs: null, problem: expect.stringMatching(/^answered 500: x{1,200}$/) },
    ],
    ['has nothing to say', (_, response) => response.writeHead(204).end(), { kind: 'delivered', problem: null }],
  ])('says how it went when Slack %s', async (_, answer, expected) => {
    const url = await webhook(answer);
    expect(await post(url, MESSAGE, 20_000)).toEqual(expected);
  });

  it.each<[string, RequestListener]>([
    ['never answers', () => undefined],
    ['begins to answer only', (_, response) => response.socket?.write('HTTP/1.1 200 OK\r\nX-Slow: ')],
  ])('gives up on one that %s: nobody knows whether it arrived', async (_, answer) => {
    const url = await webhook(answer);
    expect(await post(url, MESSAGE, 200)).toEqual({
      ...{ kind: 'unclear', retryAfterMs: null, problem: 'no answer: it took too long' },
    });
  });

  it('knows that nobody was there', async () => {
    // No program is given that port.
    expect(await post(`http://127.0.0.1:2${SECRET}`, MESSAGE)).toEqual({
      ...{ kind: 'refused', retryAfterMs: null, problem: 'no answer: ECONNREFUSED' },
    });
  });
});

describe('the address', () => {
  it('is https, or on this machine, and is not repeated when it is wrong', () => {
    for (const good of [
      `https://hooks.slack.com${SECRET}\n`,
      `http://localhost:1${SECRET}`,
      'http://127.0.0.1:9999/',
    ]) {
      expect(WebhookUrl.safeParse(good).data).toBe(good.trim());
    }
    for (const bad of ['', 'x', `http://hooks.slack.com${SECRET}`, `ftp://a${SECRET}`, `https://u:p@a.b${SECRET}`]) {
      const { error } = WebhookUrl.safeParse(bad);
      expect(error?.issues[0]?.message).toMatch(/^must be the https:/);
      expect(JSON.stringify(error)).not.toContain('cGFzc3dvcmQ');
    }
  });

  it('does not show in what is logged, whole or in parts', () => {
    const url = `https://hooks.slack.com${SECRET}?key=s3cret-value`;
    for (const text of [`at ${url}:`, `at ${SECRET}`, 'part cGFzc3dvcmQ', 'T0AAAAAAA', 'key s3cret-value']) {
      expect(scrubbed(text, url)).not.toMatch(/cGFzc3dvcmQ|T0AAAAAAA|s3cret/);
    }
    expect(scrubbed('answered 404: no_service', url)).toBe('answered 404: no_service');
  });
});
