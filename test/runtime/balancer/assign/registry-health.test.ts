import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { RegistryHealth } from '../../../../runtime/balancer/assign/registry-health';
import { askRegistry, connectRegistry } from '../../../../runtime/registry';
import { RegistryUnavailable } from '../../../../runtime/registry/types';
import { eventually } from '../../../support/eventually';
import { testStack } from '../../../support/redis';
import { TcpProxy } from '../../../support/tcp-proxy';
import { OwnRedis } from '../../lobby/own-redis';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A health over a Redis of its own, behind a proxy; `changes` is what it told. */
async function world() {
  const redis = await OwnRedis.create();
  undo.push(() => redis.remove());
  await redis.start();
  const proxy = await TcpProxy.start({ path: redis.url });
  undo.push(() => proxy.close());
  const connection = connectRegistry(`redis://127.0.0.1:${proxy.port}`, {
    onState: (problem) => problem !== null && health.failed(problem),
  });
  const stack = testStack();
  const changes: (string | null)[] = [];
  const health = new RegistryHealth({
    ask: () => askRegistry(connection.redis, stack),
    onChange: (problem) => void changes.push(problem),
  });
  undo.push(() => health.stop());
  undo.push(() => connection.close());
  await eventually('the registry is relied on', () => health.answers, 10_000);
  return { proxy, health, changes };
}

describe('whether the registry is relied on', () => {
  it('it is given up when it is cut off, and relied on again when that is over', async () => {
    const { proxy, health, changes } = await world();
    proxy.refuse();
    await eventually('it is given up', () => !health.answers, 10_000);
    expect(health.problem).not.toBeNull();
    proxy.heal();
    await eventually('it is relied on again', () => health.answers, 15_000);
    expect(changes.at(-1)).toBeNull();
  });

  it('whoever waits when it is given up is told at once, not at the end of a time limit', async () => {
    const { health } = await world();
    const never = health.whileAnswering(() => new Promise(() => undefined));
    expect(await health.whileAnswering(() => Promise.resolve('in time'))).toBe('in time');
    await expect(health.whileAnswering(() => Promise.reject(new Error('its own')))).rejects.toThrow('its own');
    const turn = health.turn;
    health.failed('broken');
    await expect(never).rejects.toThrow(RegistryUnavailable);
    expect(health.turn).toBe(turn + 1);
    const call = jest.fn(() => Promise.resolve('late'));
    await expect(health.whileAnswering(call)).rejects.toThrow(RegistryUnavailable);
    expect(call).not.toHaveBeenCalled();
  });

  it('our own pause accuses nobody', async () => {
    const changes: (string | null)[] = [];
    let asked = 0;
    const ask = () =>
      new Promise((resolve) => {
        asked += 1;
        setTimeout(resolve, 5);
      });
    const health = new RegistryHealth({ ask, onChange: (problem) => void changes.push(problem) });
    undo.push(() => health.stop());
    await eventually('it was asked', () => asked > 1);
    const untilMs = performance.now() + 1_500;
    while (performance.now() < untilMs) {
      // The whole process stands still.
    }
    const before = asked;
    await eventually('it was asked again', () => asked > before + 1);
    expect(changes).toEqual([null]);
  });
});
