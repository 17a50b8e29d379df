import { describe, expect, it } from '@jest/globals';
import { EventLog, type RecordedEvent } from '../../../../runtime/balancer/events';

describe('the event log', () => {
  it('numbers, dates and hands on each event, and tells those after a number', () => {
    const seen: RecordedEvent[] = [];
    const log = new EventLog({ balancerId: 'b1', now: () => 5 });
    const end = log.onEvent((event) => seen.push(event));
    for (const nodeId of ['a', 'b', 'c']) log.emit({ kind: 'node-green', nodeId, reason: 'first answer' });
    const first = seen[0]?.id ?? 0;
    expect(seen[0]).toEqual({
      ...{ id: first, atMs: 5, balancerId: 'b1' },
      ...{ kind: 'node-green', nodeId: 'a', reason: 'first answer' },
    });
    expect(log.after(first, 10).map(({ nodeId }) => nodeId)).toEqual(['b', 'c']);
    expect(log.after(0, 1).map(({ nodeId }) => nodeId)).toEqual(['a']);
    expect(log.after(first + 2, 10)).toEqual([]);
    end();
    log.emit({ kind: 'node-green', reason: '' });
    expect(seen).toHaveLength(3);
  });

  it('gives ids that grow on from those of an earlier start', () => {
    const before = new EventLog({ balancerId: 'b1', now: () => 1_000 });
    const later = new EventLog({ balancerId: 'b1', now: () => 1_010 });
    for (const log of [before, before, later]) log.emit({ kind: 'node-green', reason: '' });
    expect(later.after(before.after(0, 10)[1]?.id ?? 0, 10)).toHaveLength(1);
  });

  it('keeps the last ones only', () => {
    const log = new EventLog({ balancerId: 'b1', now: () => 0, limit: 4 });
    for (let index = 0; index < 10; index += 1) log.emit({ kind: `kind-${index}`, reason: '' });
    expect(log.after(0, 100).map(({ id }) => id)).toEqual([7, 8, 9, 10]);
  });

  it('lets a flood of one kind push out its own only', () => {
    const log = new EventLog({ balancerId: 'b1', now: () => 0, limit: 4 });
    log.emit({ kind: 'node-red', reason: '' });
    for (let index = 0; index < 10; index += 1) log.emit({ kind: 'player-finished', reason: '' });
    expect(log.after(0, 100).map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      ...['node-red 1', 'player-finished 10', 'player-finished 11'],
    ]);
  });
});
