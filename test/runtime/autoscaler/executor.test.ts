import { describe, expect, it } from '@jest/globals';
import { lastValueFrom, of } from 'rxjs';
import { Executor, NotYet } from '../../../runtime/autoscaler/executor';
import type { Action } from '../../../runtime/core/scaling/types';
import { failing, World } from './world';

type Kind = 'drain' | 'seal' | 'terminate' | 'replace';

/** Performs one action on node n0 of a world that `prepare` has put into some state; tells what was called, or why not. */
async function perform(kind: Kind, prepare: (world: World) => void): Promise<string[] | string> {
  const world = new World(2);
  prepare(world);
  const { scheduler, ports } = world;
  const latest = () => world.snapshot();
  const executor = new Executor({ ...ports, cluster: 'game', latest, timeoutMs: 1_000, scheduler });
  const action: Action = { kind, nodeId: 'n0', reason: { rule: 'drain', code: kind, text: '' } };
  try {
    await lastValueFrom(executor.perform(action, 1), { defaultValue: null });
    return world.calls;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const n0 = (fields: object) => (world: World) => void Object.assign(world.nodes.get('n0') ?? {}, fields);

describe('an action is checked again right before it', () => {
  it('seals only a draining node that is empty and answers', async () => {
    expect(await perform('seal', n0({ phase: 'draining' }))).toEqual(['seal n0']);
    expect(await perform('seal', n0({}))).toBe('it is open, not draining');
    expect(await perform('seal', n0({ phase: 'draining', sessions: 1 }))).toBe('it has 1 sessions and 0 reservations');
    expect(await perform('seal', n0({ phase: 'draining', pending: 2 }))).toBe('it has 0 sessions and 2 reservations');
    expect(await perform('seal', n0({ phase: 'draining', health: 'suspect' }))).toBe('it is suspect');
  });

  it('terminates only a sealed node that says once more that it is empty, or a red one', async () => {
    expect(await perform('terminate', n0({ phase: 'sealed' }))).toEqual(['seal n0', 'terminate n0']);
    expect(await perform('terminate', n0({ phase: 'draining' }))).toBe('it is draining, not sealed');
    expect(await perform('terminate', n0({ phase: 'sealed', pending: 1 }))).toBe(
      'it has 0 sessions and 1 reservations',
    );
    expect(await perform('terminate', n0({ phase: 'draining', health: 'red' }))).toEqual(['terminate n0']);
    const mass = (world: World) => {
      world.massFailure = true;
      n0({ health: 'red' })(world);
    };
    expect(await perform('terminate', mass)).toBe('most nodes are silent');
    const heardByPeer = (world: World) => {
      world.ports.mayReplace = (_, nodeId) => nodeId !== 'n0';
      n0({ phase: 'draining', health: 'red', sessions: 3 })(world);
    };
    expect(await perform('terminate', heardByPeer)).toBe('the other balancer may still hear it');
    const another = (world: World) => {
      n0({ phase: 'sealed' })(world);
      world.ports.orders = { order: () => of({ ok: true, phase: 'sealed', sessions: 1 }) };
    };
    expect(await perform('terminate', another)).toBe('it says that it is sealed with 1 sessions');
  });

  it('replaces only what still boots', async () => {
    const booting = { health: 'booting', launchedMs: 1_000 };
    expect(await perform('replace', n0(booting))).toEqual(['replace n0']);
    expect(await perform('replace', n0({}))).toBe('it is green now');
    const heardByPeer = (world: World) => {
      world.ports.mayReplace = (_, nodeId) => nodeId !== 'n0';
      n0(booting)(world);
    };
    expect(await perform('replace', heardByPeer)).toBe('the other balancer may still hear it');
  });

  it('does nothing under another epoch, and nothing to a node that is gone', async () => {
    const lost = (world: World) => {
      world.epoch = 2;
    };
    expect(await perform('drain', lost)).toBe('this balancer no longer owns the cluster');
    expect(await perform('seal', (world) => void world.nodes.delete('n0'))).toBe('it is gone');
  });

  it('takes a call that failed after the ownership was lost for no failure of the fleet, and does not back off', async () => {
    const world = new World(2);
    const { scheduler, ports, calls } = world;
    const latest = () => world.snapshot();
    const action: Action = { kind: 'grow', size: 3, reason: { rule: 'minimum', code: 'grow', text: '' } };
    ports.fleet = {
      ...ports.fleet,
      grow: () => {
        calls.push('grow');
        world.epoch = 2;
        return failing('it was given up')();
      },
    };
    const executor = new Executor({ ...ports, cluster: 'game', latest, timeoutMs: 1_000, scheduler });
    await expect(lastValueFrom(executor.perform(action, 1))).rejects.toThrow(NotYet);
    await expect(lastValueFrom(executor.perform(action, 2))).rejects.toThrow('it was given up');
    expect(calls).toEqual(['grow', 'grow']);
    await expect(lastValueFrom(executor.perform(action, 2))).rejects.toThrow('a moment ago');
    expect(calls).toEqual(['grow', 'grow']);
  });

  it('says why the node refused', async () => {
    const refusing = (world: World) => {
      world.ports.orders = { order: () => of({ ok: false, code: 'STALE_EPOCH', message: 'a newer owner exists' }) };
    };
    expect(await perform('drain', refusing)).toBe('the node refused: STALE_EPOCH, a newer owner exists');
  });
});
