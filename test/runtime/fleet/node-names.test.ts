import { beforeEach, describe, expect, it } from '@jest/globals';
import type { NodeRecord } from '../../../runtime/fleet/aws-records';
import { NodeNames } from '../../../runtime/fleet/node-names';
import { eventually } from '../../support/eventually';

const DOMAIN = 'nodes.example.com';
const NOW = Date.UTC(2026, 0, 1);

/** Route 53 in memory: changes are known everywhere when it is told so. */
class Zone {
  readonly there = new Map<string, string>();
  readonly inSync = new Set<string>();
  calls = 0;
  changes = 0;
  failure: Error | null = null;

  readonly list = async () => {
    this.#called();
    return [...this.there].map(([name, target]) => ({ name, target }));
  };
  readonly upsert = async (records: readonly NodeRecord[]) => {
    this.#called();
    for (const { name, target } of records) this.there.set(name, target);
    return `change-${++this.changes}`;
  };
  readonly remove = async (records: readonly NodeRecord[]) => {
    this.#called();
    for (const { name } of records) this.there.delete(name);
    return `change-${++this.changes}`;
  };
  readonly isInSync = async (id: string) => {
    this.#called();
    return this.inSync.has(id);
  };

  #called(): void {
    this.calls += 1;
    if (this.failure !== null) throw this.failure;
  }
}

let zone: Zone;
let nowMs: number;
let existing: Set<string>;
let failures: unknown[];
let names: NodeNames;
beforeEach(() => {
  zone = new Zone();
  nowMs = 0;
  existing = new Set();
  failures = [];
  names = new NodeNames({
    domain: DOMAIN,
    records: zone,
    existing: async () => existing,
    onFailure: (error) => failures.push(error),
    nowMs: () => nowMs,
    wallMs: () => NOW + nowMs,
  });
});

const node = (nodeId: string, over: { target?: string; launchedAtMs?: number } = {}) => ({
  nodeId,
  target: `ec2-${nodeId}.example`,
  launchedAtMs: NOW,
  ...over,
});

/** The next time that the fleet is listed, with these nodes; waits until nothing is under way. */
async function listed(...nodes: readonly ReturnType<typeof node>[]): Promise<void> {
  nowMs += 2_000;
  names.want('game', nodes);
  let calls = -1;
  await eventually('nothing is under way', () => {
    const quiet = calls === zone.calls;
    calls = zone.calls;
    return quiet;
  });
}

describe('the names of nodes', () => {
  it('are told once every name server knows them', async () => {
    const one = node('i-0000000a');
    await listed(one);
    expect([zone.there.get('i-0000000a.nodes.example.com'), names.of(one)]).toEqual(['ec2-i-0000000a.example', null]);
    await listed(one);
    expect(names.of(one)).toBeNull();
    zone.inSync.add('change-1');
    await listed(one);
    expect(names.of(one)).toBe('i-0000000a.nodes.example.com');
    const { calls } = zone;
    await listed(one);
    expect(zone.calls).toBe(calls);
  });

  it('are made for all nodes at once, and anew for one that has another address', async () => {
    const [one, two] = [node('i-0000000a'), node('i-0000000b')];
    await listed(one, two);
    expect([zone.changes, zone.there.size]).toEqual([1, 2]);
    zone.inSync.add('change-1');
    await listed(one, two);
    const moved = { ...two, target: 'elsewhere' };
    await listed(one, moved);
    expect([names.of(one), names.of(moved)]).toEqual(['i-0000000a.nodes.example.com', null]);
    zone.inSync.add('change-2');
    await listed(one, moved);
    expect([names.of(moved), zone.changes]).toEqual(['i-0000000b.nodes.example.com', 2]);
  });

  it('of nodes from before this balancer started serve at once, also while Route 53 takes no orders', async () => {
    zone.failure = new Error('down');
    const old = node('i-0000000a', { launchedAtMs: NOW - 181_000 });
    const young = node('i-0000000b', { launchedAtMs: NOW - 170_000 });
    await listed(old, young);
    expect([names.of(old), names.of(young)]).toEqual(['i-0000000a.nodes.example.com', null]);
    expect(failures).toEqual([zone.failure]);
    zone.failure = null;
    await listed(old, young);
    expect(zone.there.size).toBe(2);
  });

  it('are written anew when nothing is heard of the change', async () => {
    const one = node('i-0000000a', { launchedAtMs: NOW + 3_600_000 });
    await listed(one);
    nowMs += 600_000;
    await listed(one);
    expect(zone.changes).toBe(2);
  });

  it('are removed when their node has been gone for two sweeps, and no others are', async () => {
    const [gone, alive] = ['i-0000000c.nodes.example.com', 'i-0000000d.nodes.example.com'];
    for (const name of [gone, alive, 'www.nodes.example.com']) zone.there.set(name, 'target');
    existing.add('i-0000000d');
    const one = node('i-0000000a');
    await listed(one);
    nowMs += 300_000;
    await listed(one);
    expect(zone.there.has(gone)).toBe(true);
    nowMs += 300_000;
    await listed(one);
    expect([...zone.there.keys()].sort()).toEqual(['i-0000000a.nodes.example.com', alive, 'www.nodes.example.com']);
  });
});
