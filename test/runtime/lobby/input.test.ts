import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually';
import { LobbyWorld, type TestPlayer } from './support';

let world: LobbyWorld;
beforeEach(() => {
  world = new LobbyWorld();
});
afterEach(async () => {
  await world.close();
  expect(world.errors).toEqual([]);
});

describe('bad input', () => {
  it('costs its sender an ERROR that says what is wrong, and nothing else', async () => {
    const node = await world.node();
    const [a, b] = await world.joinAll([node], 'a', 'b');
    if (a === undefined || b === undefined) throw new Error('two players are expected');
    const payloads: unknown[] = [
      undefined,
      null,
      7,
      'duel',
      [],
      {},
      { mode: 'chess' },
      { mode: 'x'.repeat(10_000) },
      { mode: 'duel', pool: 'a b' },
      { mode: 'duel', extra: 1 },
    ];
    for (const payload of payloads) a.socket.emit('ENTER', payload);
    a.socket.emit('FLY', {});
    await eventually('all are answered', () => a.errors.length === payloads.length + 1);
    expect(new Set(a.errors.map(({ code }) => code))).toEqual(new Set(['BAD_PAYLOAD']));
    expect(a.errors.map(({ message }) => message).join('\n')).toContain('battle, duel');
    expect(Math.max(...a.errors.map(({ message }) => message.length))).toBeLessThan(500);
    a.socket.emit('ENTER', { mode: 'duel' }, 'not a function');
    a.socket.emit('LEAVE');
    expect((await b.enter()).status).toBe('waiting');
    expect((await a.enter()).status).toBe('matched');
  });

  it('too many messages are dropped, which the sender hears of once a second, and others do not notice', async () => {
    const node = await world.node();
    const [a, b] = await world.joinAll([node], 'a', 'b');
    for (let i = 0; i < 1_000; i += 1) a?.socket.emit('LEAVE', {});
    expect((await b?.enter())?.status).toBe('waiting');
    const limited = await eventually('RATE_LIMITED', () => a?.errors.filter(({ code }) => code === 'RATE_LIMITED'));
    expect(limited.length).toBeLessThanOrEqual(2);
    expect(a?.socket.connected).toBe(true);
    await eventually('a may speak again', async () => (await race(a))?.status === 'matched', 8_000);
  });

  it('a message that is too large closes its connection only', async () => {
    const node = await world.node();
    const [a, b] = await world.joinAll([node], 'a', 'b');
    a?.socket.emit('ENTER', { mode: 'x'.repeat(100_000) });
    await eventually('a is closed', () => a?.socket.disconnected);
    expect((await b?.enter())?.status).toBe('waiting');
  });
});

/** ENTER, given up soon: a dropped message is not acknowledged. */
function race(player: TestPlayer | undefined): Promise<{ status: string } | null> {
  return (
    player?.socket
      .timeout(300)
      .emitWithAck('ENTER', { mode: 'duel' })
      .catch(() => null) ?? Promise.resolve(null)
  );
}
