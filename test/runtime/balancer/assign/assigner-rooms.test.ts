import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RegistryAssigner } from '../../../../runtime/balancer/assign/assigner';
import { deriveNodeKey } from '../../../../runtime/tickets/keys';
import { signer } from '../../../../runtime/tickets/tokens';
import { nodeUpdate } from '../../registry/seats-support';
import { Bench, claimsOf, foreign, master, matchToken, members, older, refusal } from './assigner-support';

let bench: Bench;
let assigner: RegistryAssigner;
beforeEach(() => {
  bench = new Bench();
  assigner = bench.assigner;
});
afterEach(() => bench.redis.disconnect());

describe('start', () => {
  it('gives all members the same node, with tickets that carry the room', async () => {
    await bench.nodes('game', ['a', 'b', 'c']);
    const replies = await Promise.all(members.map((player) => assigner.start('r1', matchToken(player))));
    const [nodeId = ''] = new Set(replies.map((reply) => reply.nodeId));
    for (const [index, reply] of replies.entries()) {
      expect(reply).toMatchObject({ nodeId, endpoint: `http://127.0.0.1:9000/${nodeId}` });
      expect(claimsOf(reply.ticket, nodeId)).toMatchObject({
        sub: members[index],
        rid: `r1/1/${members[index]}`,
        room: { id: 'r1', gen: 1, mode: 'battle', members },
      });
    }
  });

  it('gives a fresh ticket for the same seat each time it is asked', async () => {
    await bench.nodes('game', ['a']);
    const first = claimsOf((await assigner.start('r1', matchToken('ann'))).ticket, 'a');
    const second = claimsOf((await assigner.start('r1', matchToken('ann'))).ticket, 'a');
    expect(second.rid).toBe(first.rid);
    expect(second.jti).not.toBe(first.jti);
  });

  it('stays with a draining node, waits for a silent one, moves on when it is gone', async () => {
    await bench.nodes('game', ['a']);
    await assigner.start('r1', matchToken('ann'));
    const a = nodeUpdate('a', { standing: 'draining' });
    const b = nodeUpdate('b');
    await bench.game.refresh({ epoch: 0, nodes: [a, b] });
    bench.polled('game', [a, b], { a: { phase: 'draining' } });
    expect(await assigner.start('r1', matchToken('bob'))).toMatchObject({ nodeId: 'a' });
    for (const over of [{ health: 'suspect' }, { health: 'red' }, { startId: 'a-2' }, { phase: 'sealed' }] as const) {
      bench.polled('game', [a, b], { a: over });
      expect(await refusal(assigner.start('r1', matchToken('bob')))).toMatchObject({ code: 'BUSY' });
    }
    await bench.game.refresh({ epoch: 0, nodes: [b] });
    bench.polled('game', [b]);
    const moved = await assigner.start('r1', matchToken('bob'));
    expect(claimsOf(moved.ticket, 'b').room).toMatchObject({ gen: 2 });
    expect(await assigner.start('r1', matchToken('ann'))).toMatchObject({ nodeId: 'b' });
  });

  it('takes the endpoint from the registry where our own polls do not know the node', async () => {
    await bench.nodes('game', ['a']);
    bench.polled('game', []);
    expect(await assigner.start('r1', matchToken('ann'))).toMatchObject({ endpoint: 'http://127.0.0.1:9000/a' });
    await bench.game.refresh({ epoch: 0, nodes: [nodeUpdate('a', { standing: 'suspect' })] });
    expect(await refusal(assigner.start('r1', matchToken('bob')))).toMatchObject({ code: 'BUSY' });
  });

  it("refuses every token but a lobby node's for a member of that room", async () => {
    await bench.nodes('game', ['a']);
    await bench.nodes('lobby', ['lobby-1']);
    const past = Math.floor(Date.now() / 1000) - 10;
    const tokens: [string, string][] = [
      ['not a token', 'not one of ours'],
      [matchToken('ann').slice(0, -2), 'not one of ours'],
      [matchToken('ann', { key: foreign }), 'not one of ours'],
      [signer(deriveNodeKey(master, 'ticket', 'lobby-1', 's1'))({ iss: 'lobby-1', st: 's1' }), 'not one of ours'],
      [matchToken('ann', { exp: past }), 'it has expired'],
      [matchToken('ann', { iss: 'a' }), 'no lobby node'],
      [matchToken('ann', { room: { id: 'r2' } }), 'another room'],
      [matchToken('eve'), 'not a member'],
    ];
    for (const [token, why] of tokens) {
      for (const call of [assigner.start('r1', token), assigner.finish('r1', token)]) {
        const error = await refusal(call);
        expect(error).toMatchObject({ code: 'MATCH_TOKEN_INVALID', field: 'body.matchToken' });
        expect(String(error)).toContain(why);
      }
    }
    await assigner.start('r1', matchToken('ann'));
    const others = { room: { members: ['ann', 'eve'] } };
    expect(String(await refusal(assigner.start('r1', matchToken('ann', others))))).toContain('other members');
  });

  it('accepts a token under the master key before the current one', async () => {
    await bench.nodes('game', ['a']);
    expect(await assigner.start('r1', matchToken('ann', { key: older }))).toMatchObject({ nodeId: 'a' });
  });
});

describe('a match that was dissolved', () => {
  const matched = async () => {
    await bench.nodes('game', ['a']);
    const enter = (playerId: string) =>
      bench.queue.enter(
        { playerId, mode: 'battle', pool: 'p', connectionId: 'c', enteredAtMs: Date.now() },
        members.length,
      );
    const [match] = (await Promise.all(members.map(enter))).flatMap(({ made }) => made);
    if (match === undefined) throw new Error('four players make a match');
    const token = matchToken('ann', { room: { id: match.roomId } });
    return { roomId: match.roomId, token, dissolve: () => bench.queue.release(match.roomId) };
  };

  it('before it was started is not placed any more, and said to be dissolved', async () => {
    const { roomId, token, dissolve } = await matched();
    await dissolve();
    expect(await refusal(assigner.start(roomId, token))).toMatchObject({ code: 'ROOM_CLOSED' });
    expect(await assigner.room(roomId)).toMatchObject({ status: 'dissolved', nodeId: null });
  });

  it('after it was started is its game node’s to judge', async () => {
    const { roomId, token, dissolve } = await matched();
    await assigner.start(roomId, token);
    await dissolve();
    expect(await assigner.start(roomId, token)).toMatchObject({ nodeId: 'a' });
  });
});

describe('finish', () => {
  const standing = async (player: string) => {
    const waiting = { playerId: player, mode: 'battle', pool: 'p', connectionId: 'c', enteredAtMs: Date.now() };
    return (await bench.queue.enter(waiting, members.length)).standing;
  };

  it("ends each member's part once, frees the player for the next match, and may be repeated", async () => {
    await bench.nodes('game', ['a']);
    for (const player of members) await standing(player);
    const matched = await standing('ann');
    if (matched.state !== 'matched') throw new Error('four players make a match');
    const { roomId } = matched.match;
    const token = (player: string) => matchToken(player, { room: { id: roomId, members: matched.match.members } });
    await assigner.start(roomId, token('ann'));
    expect(await assigner.finish(roomId, token('ann'))).toEqual({ status: 'finished' });
    expect(await assigner.finish(roomId, token('ann'))).toEqual({ status: 'finished' });
    expect((await standing('ann')).state).toBe('waiting');
    expect((await standing('bob')).state).toBe('matched');
    expect(await refusal(assigner.start(roomId, token('ann')))).toMatchObject({ code: 'ROOM_CLOSED' });
    for (const player of ['bob', 'cy'])
      expect(await assigner.finish(roomId, token(player))).toEqual({ status: 'finished' });
    const told = bench.events.map(({ details }) => details?.playerId);
    expect(told).toEqual(['ann', 'bob', 'cy']);
    expect(await assigner.finish(roomId, token('dee'))).toEqual({ status: 'ended' });
    expect(await refusal(assigner.start(roomId, token('dee')))).toMatchObject({ code: 'ROOM_CLOSED' });
  });

  it('shows the result among the events, bounded', async () => {
    await assigner.finish('r1', matchToken('ann'), { score: 120 });
    await assigner.finish('r1', matchToken('bob'));
    await assigner.finish('r1', matchToken('cy'), 'x'.repeat(50_000));
    expect(bench.events[0]).toMatchObject({
      kind: 'player-finished',
      cluster: 'game',
      details: { roomId: 'r1', playerId: 'ann', result: '{"score":120}' },
    });
    expect(bench.events[1]?.details).toEqual({ roomId: 'r1', playerId: 'bob' });
    expect(String(bench.events[2]?.details?.result)).toHaveLength(4_096);
    const deep: unknown = JSON.parse(`${'['.repeat(30_000)}${']'.repeat(30_000)}`);
    expect(await refusal(assigner.finish('r1', matchToken('dee'), deep))).toMatchObject({
      code: 'INVALID',
      field: 'body.result',
    });
    expect(bench.events).toHaveLength(3);
  });
});

describe('room', () => {
  it('is matched, then started on a node, then ended; an unknown one is said to be so', async () => {
    await bench.nodes('game', ['a']);
    expect(await refusal(assigner.room('r1'))).toMatchObject({ code: 'ROOM_UNKNOWN', field: 'path.roomId' });
    for (const playerId of members) {
      await bench.queue.enter(
        { playerId, mode: 'battle', pool: 'p', connectionId: 'c', enteredAtMs: Date.now() },
        members.length,
      );
    }
    const [match] = (
      await bench.queue.heartbeat([
        { playerId: 'ann', mode: 'battle', pool: 'p', connectionId: 'c', enteredAtMs: Date.now() },
      ])
    ).flatMap((standing) => (standing.state === 'matched' ? [standing.match] : []));
    const roomId = match?.roomId ?? '';
    const token = (player: string) => matchToken(player, { room: { id: roomId } });
    const finished = (...done: string[]) =>
      members.map((playerId) => ({ playerId, finished: done.includes(playerId) }));
    const where = { nodeId: 'a', endpoint: 'http://127.0.0.1:9000/a' };
    expect(await assigner.room(roomId)).toEqual({
      roomId,
      mode: 'battle',
      status: 'matched',
      nodeId: null,
      endpoint: null,
      members: finished(),
    });
    await assigner.start(roomId, token('ann'));
    await assigner.finish(roomId, token('bob'));
    expect(await assigner.room(roomId)).toEqual({
      roomId,
      mode: 'battle',
      status: 'started',
      ...where,
      members: finished('bob'),
    });
    for (const player of members) await assigner.finish(roomId, token(player));
    expect(await assigner.room(roomId)).toMatchObject({ status: 'ended', members: finished(...members) });
  });
});
