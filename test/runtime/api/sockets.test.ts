import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually';
import { FakeAssigner, fakeApi, KEY } from './support';

const { app } = fakeApi();
let port: number;
beforeAll(async () => {
  port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
});
afterAll(() => app.close());

/** Sends these bytes over a plain connection; everything that came back until the server closed it. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk;
    });
    socket.on('close', () => resolve(received)).on('error', reject);
  });
}

const post = (headers: string, body: string) =>
  `POST /v1/lobby HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;

describe('on the wire', () => {
  it('what is not HTTP is answered in the usual form, and the connection closed', async () => {
    const answer = await raw('\x16\x03\x01 hello\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      error: { code: 'INVALID', field: 'header' },
    });
  });

  it('headers over 16 KiB likewise', async () => {
    const answer = await raw(post(`X-Long: ${'x'.repeat(20_000)}\r\n`, '{}'));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('larger than 16 KiB');
  });

  it('a header sent twice is refused where only one makes sense', async () => {
    const answer = await raw(post('Idempotency-Key: a\r\nIdempotency-Key: b\r\n', '{"playerId":"ann"}'));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('header.idempotency-key');
  });

  it('a client that goes away in the middle of its body leaves the server serving', async () => {
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write(post('', '{"playerId":"ann"}').slice(0, -5));
    socket.resetAndDestroy();
    expect(await raw(post('', '{"playerId":"ann"}'))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('closing waits for the answers under way', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const begun: string[] = [];
    class Slow extends FakeAssigner {
      override async lobby(playerId: string) {
        begun.push(playerId);
        await released;
        return super.lobby(playerId);
      }
    }
    const slow = fakeApi({ assigner: new Slow() });
    const url = await slow.app.listen({ host: '127.0.0.1', port: 0 });
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
    const asked = fetch(`${url}/v1/lobby`, { method: 'POST', headers, body: '{"playerId":"ann"}' });
    await eventually('the request is being answered', () => begun.length === 1);
    const closed = slow.app.close();
    release();
    expect((await asked).status).toBe(200);
    await closed;
  });
});
