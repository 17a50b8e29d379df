import { afterEach, describe, expect, it } from '@jest/globals';
import {
  directApi,
  FleetClient,
  type FleetClientOptions,
  type LinkReport,
  type OpenWire,
} from '../../../runtime/client';
import { eventually } from '../../support/eventually';
import { FakeFleet } from './fake-fleet';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function fleetOf(options: Parameters<typeof FakeFleet.start>[0]): Promise<FakeFleet> {
  const fleet = await FakeFleet.start(options);
  cleanups.push(() => fleet.stop());
  return fleet;
}

/** What a client does over a wire, whichever it is: called by a test file for each of them. */
export function describeClient(openWire: OpenWire): void {
  function clientOf(
    fleet: FakeFleet,
    playerId: string,
    options: Partial<FleetClientOptions> = {},
  ): FleetClient & { readonly reports: LinkReport[] } {
    const reports: LinkReport[] = [];
    const client = new FleetClient({
      playerId,
      api: directApi(fleet.api, 'key'),
      backoff: { baseMs: 10, maxMs: 50 },
      observe: (report) => reports.push(report),
      openWire,
      ...options,
    });
    cleanups.push(() => client.close());
    return Object.assign(client, { reports });
  }

  /** As many players as make a room, matched and joined. */
  async function play(fleet: FakeFleet, players: readonly string[], options: Partial<FleetClientOptions> = {}) {
    return await Promise.all(
      players.map(async (playerId) => {
        const client = clientOf(fleet, playerId, options);
        const lobby = await client.joinLobby();
        const match = await lobby.enter('battle');
        const game = await client.joinGame(match);
        lobby.leave();
        await game.complete;
        return { client, lobby, match, game };
      }),
    );
  }

  describe('the way from the lobby to the finish', () => {
    it('plays a game with four players on one node', async () => {
      const fleet = await fleetOf({ lobby: 2, game: 3 });
      const all = await play(fleet, ['a', 'b', 'c', 'd']);

      expect(new Set(all.map(({ match }) => match.roomId)).size).toBe(1);
      expect(all[0]?.match.members.toSorted()).toEqual(['a', 'b', 'c', 'd']);
      const asked = all.flatMap(({ client }) => client.reports.filter((r) => r.kind === 'asked' && r.role === 'game'));
      expect(new Set(asked.map(({ nodeId }) => nodeId)).size).toBe(1);
      const seen: unknown[] = [];
      all[0]?.game.on('STATE', ({ positions }) => seen.push(positions));
      expect(all[1]?.game.send('POSITION', { x: 1, y: 2 })).toBe(true);
      await eventually('the position arrives', () => seen.length > 0);
      expect(Object.values(seen[0] ?? {})).toEqual([{ x: 1, y: 2 }]);

      const replies = await Promise.all(all.map(({ game }) => game.finish({ score: 1 })));
      expect(replies.filter(({ status }) => status === 'ended')).toHaveLength(1);
      expect(fleet.requestsTo('finish')[0]?.body.result).toEqual({ score: 1 });
      expect(await all[0]?.game.ended).toBeNull();
      await eventually('nobody is connected any more', () =>
        [...fleet.lobbies, ...fleet.games].every((node) => node.connections === 0),
      );
      for (const { client } of all) {
        expect(client.reports.filter(({ kind }) => kind === 'opened').length).toBe(2);
        expect(client.reports.filter(({ kind }) => kind === 'closed').length).toBe(2);
      }
    });

    it('acknowledges a match, and goes to the lobby node in the handshake with a ticket', async () => {
      const fleet = await fleetOf({ roomSize: 1 });
      await play(fleet, ['a']);
      await eventually('the acknowledgement', () => fleet.lobbyEvents.some(({ event }) => event === 'ack'));
      expect(fleet.lobbies[0]?.handshakes).toEqual(['ticket']);
    });

    it('keeps pools apart', async () => {
      const fleet = await fleetOf({ roomSize: 2 });
      const enter = async (id: string, pool: string) =>
        (await clientOf(fleet, id).joinLobby()).enter('battle', { pool });
      const matches = await Promise.all([enter('a', 'x'), enter('b', 'y'), enter('c', 'y'), enter('d', 'x')]);
      expect(matches.map(({ members }) => members.toSorted().join())).toEqual(['a,d', 'b,c', 'b,c', 'a,d']);
    });
  });

  describe('a lost connection', () => {
    it('is resumed on the same node, and the player enters again there', async () => {
      const fleet = await fleetOf({});
      const client = clientOf(fleet, 'a');
      const lobby = await client.joinLobby();
      const waiting = lobby.enter('battle');
      await eventually('the first ENTER', () => fleet.lobbyEvents.length === 1);
      fleet.lobbies[0]?.breakConnections();
      await eventually('the second ENTER', () => fleet.lobbyEvents.length === 2);
      expect(fleet.lobbies[0]?.handshakes).toEqual(['ticket', 'resume']);
      expect(fleet.requests).toHaveLength(1);
      client.close();
      await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
    });

    it('leads to another lobby node when the node is dead, and the wait goes on there', async () => {
      const fleet = await fleetOf({ lobby: 2, roomSize: 1 });
      fleet.matching = false;
      const client = clientOf(fleet, 'a');
      const lobby = await client.joinLobby();
      const waiting = lobby.enter('battle');
      await eventually('the first ENTER', () => fleet.lobbyEvents.length === 1);
      fleet.matching = true;
      fleet.lobbies[0]?.kill();
      expect((await waiting).members).toEqual(['a']);
      expect(fleet.lobbyEvents.filter(({ event }) => event === 'ENTER').map(({ nodeId }) => nodeId)).toEqual([
        'lobby-0',
        'lobby-1',
      ]);
      expect(new Set(fleet.requestsTo('lobby').map(({ key }) => key)).size).toBe(2);
    });

    it('of a game node that is dead leads all members to the same new one', async () => {
      const fleet = await fleetOf({ game: 4 });
      const all = await play(fleet, ['a', 'b', 'c', 'd']);
      const first = [...fleet.rooms.values()][0]?.node;
      first?.kill();
      await eventually('all are together again', () => {
        const room = [...fleet.rooms.values()][0];
        return room?.gen === 2 && room.joined.size === 4;
      });
      const last = all.map(({ client }) => client.reports.findLast(({ kind }) => kind === 'opened')?.nodeId);
      expect(new Set(last).size).toBe(1);
      expect(last[0]).not.toBe(first?.nodeId);
      await Promise.all(all.map(({ game }) => game.finish()));
    });

    it('waits while the API says that the node of the room is busy', async () => {
      const fleet = await fleetOf({ game: 2, roomSize: 1 });
      const [player] = await play(fleet, ['a']);
      let busy = 3;
      fleet.mishap = () =>
        busy-- > 0 ? { status: 503, body: { error: { code: 'BUSY', message: 'wait', retryAfterMs: 30 } } } : undefined;
      [...fleet.rooms.values()][0]?.node?.kill();
      await eventually('back in the room', () => [...fleet.rooms.values()][0]?.joined.size === 1);
      await eventually('four tries', () => fleet.requestsTo('start').length === 5);
      const keys = fleet.requestsTo('start').map(({ key }) => key);
      expect(new Set(keys.slice(1)).size).toBe(1);
      await player?.game.finish();
    });

    it('to a hung node is noticed by its missing pings', async () => {
      const fleet = await fleetOf({ lobby: 2, pingMs: 500 });
      const client = clientOf(fleet, 'a', { connectTimeoutMs: 2_000 });
      await client.joinLobby();
      fleet.lobbies[0]?.freeze();
      await eventually('the other node', () => fleet.lobbies[1]?.connections === 1);
      expect(client.reports.find(({ kind }) => kind === 'closed')).toMatchObject({ reason: 'ping timeout' });
      // One try to resume was enough to ask the API.
      expect(fleet.lobbies[0]?.accepted).toBe(2);
    });

    it('asks again when the node kicks the player out, without storming', async () => {
      const fleet = await fleetOf({ lobby: 1 });
      const client = clientOf(fleet, 'a');
      await client.joinLobby();
      fleet.lobbies[0]?.io.disconnectSockets();
      await eventually('a new ticket', () => fleet.lobbies[0]?.handshakes.length === 2);
      expect(fleet.lobbies[0]?.handshakes).toEqual(['ticket', 'ticket']);
      expect(fleet.requestsTo('lobby')).toHaveLength(2);
    });

    it('is final when the same player has connected elsewhere', async () => {
      const fleet = await fleetOf({});
      const lobby = await clientOf(fleet, 'a').joinLobby();
      fleet.lobbies[0]?.io.emit('ERROR', { code: 'REPLACED', message: 'elsewhere' });
      fleet.lobbies[0]?.io.disconnectSockets();
      expect(await lobby.ended).toMatchObject({ code: 'REPLACED' });
      await expect(lobby.enter('battle')).rejects.toMatchObject({ code: 'REPLACED' });
      expect(fleet.requests).toHaveLength(1);
    });
  });

  describe('a refused handshake', () => {
    it('leads to another node, with a new ticket', async () => {
      const fleet = await fleetOf({ lobby: 2 });
      Object.assign(fleet.lobbies[0] ?? {}, { refuse: true });
      await clientOf(fleet, 'a').joinLobby();
      expect(fleet.lobbies.map(({ handshakes }) => handshakes)).toEqual([['ticket'], ['ticket']]);
      expect(new Set(fleet.requests.map(({ key }) => key)).size).toBe(2);
    });

    it('is given up after the deadline, with the last reason', async () => {
      const fleet = await fleetOf({});
      Object.assign(fleet.lobbies[0] ?? {}, { refuse: true });
      const joining = clientOf(fleet, 'a', { deadlineMs: 3_000 }).joinLobby();
      await expect(joining).rejects.toMatchObject({ code: 'DEADLINE', cause: { code: 'REFUSED' } });
    });
  });

  describe('a room that the node refuses', () => {
    const refusing = async (times: number, options: Partial<FleetClientOptions> = {}) => {
      const fleet = await fleetOf({ roomSize: 1 });
      fleet.wrongRooms = times;
      const client = clientOf(fleet, 'a', options);
      const match = await (await client.joinLobby()).enter('battle');
      return { fleet, joining: client.joinGame(match).then(() => 'joined') };
    };

    it('is started again, as it has been given another node meanwhile', async () => {
      const { fleet, joining } = await refusing(1);
      expect(await joining).toBe('joined');
      expect(fleet.requestsTo('start')).toHaveLength(2);
    });

    it('is given up after the deadline, with the last reason', async () => {
      const { fleet, joining } = await refusing(Number.POSITIVE_INFINITY, { deadlineMs: 3_000 });
      await expect(joining).rejects.toMatchObject({
        code: 'DEADLINE',
        message: 'given up after 3000 ms; last: it is at generation 2',
        cause: { code: 'WRONG_ROOM' },
      });
      expect(fleet.requestsTo('start').length).toBeLessThan(200);
    });
  });

  describe('MOVE', () => {
    it('is heard also as the first thing that a node says', async () => {
      const fleet = await fleetOf({ lobby: 2 });
      fleet.lobbies[0]?.io.on('connection', (socket) => void socket.emit('MOVE', { after_ms: 10 }));
      await clientOf(fleet, 'a').joinLobby();
      await eventually('the other node', () => fleet.lobbies[1]?.connections === 1);
    });

    it('goes to another node first, enters there, and then leaves the old one', async () => {
      const fleet = await fleetOf({ lobby: 2 });
      const client = clientOf(fleet, 'a');
      const lobby = await client.joinLobby();
      void lobby.enter('battle', { pool: 'p' }).catch(() => {});
      await eventually('the first ENTER', () => fleet.lobbyEvents.length === 1);
      fleet.lobbies[0]?.io.emit('MOVE', { after_ms: 50 });
      await eventually('the old one is left', () => fleet.lobbies[0]?.connections === 0);
      expect(fleet.lobbies[1]?.connections).toBe(1);
      expect(fleet.lobbyEvents.map(({ nodeId, payload }) => ({ nodeId, payload }))).toEqual([
        { nodeId: 'lobby-0', payload: { mode: 'battle', pool: 'p' } },
        { nodeId: 'lobby-1', payload: { mode: 'battle', pool: 'p' } },
      ]);
      expect(client.reports.map(({ kind }) => kind)).toEqual(['asked', 'opened', 'asked', 'opened', 'closed', 'moved']);
    });

    it('stays where it is when there is nowhere to go', async () => {
      const fleet = await fleetOf({});
      const client = clientOf(fleet, 'a', { deadlineMs: 3_000 });
      const lobby = await client.joinLobby();
      fleet.mishap = () => ({ status: 503, body: { error: { code: 'FULL', message: 'full', retryAfterMs: 20 } } });
      fleet.lobbies[0]?.io.emit('MOVE', { after_ms: 10 });
      await eventually('it has asked for another', () => fleet.requests.length > 1);
      void lobby.enter('battle').catch(() => {});
      await eventually('ENTER on the old node', () => fleet.lobbyEvents.length === 1);
      expect(client.reports.some(({ kind }) => kind === 'closed')).toBe(false);
    });
  });

  describe('the end of a room', () => {
    it('moved: starts again', async () => {
      const fleet = await fleetOf({ roomSize: 1 });
      const [player] = await play(fleet, ['a']);
      fleet.games[0]?.io.emit('ROOM_CLOSED', { room_id: player?.match.roomId, reason: 'moved' });
      await eventually('a second start', () => fleet.requestsTo('start').length === 2);
      await eventually('a second ticket', () => fleet.games[0]?.handshakes.length === 2);
    });

    it('moved again and again: is given up after the deadline, without storming', async () => {
      const fleet = await fleetOf({ roomSize: 1 });
      const [player] = await play(fleet, ['a'], { deadlineMs: 3_000 });
      player?.game.on('JOINED', ({ room_id }) => {
        fleet.games[0]?.io.emit('ROOM_CLOSED', { room_id, reason: 'moved' });
      });
      fleet.games[0]?.io.emit('ROOM_CLOSED', { room_id: player?.match.roomId, reason: 'moved' });
      const end = await player?.game.ended;
      expect(end).toMatchObject({ code: 'DEADLINE', cause: { code: 'ROOM_CLOSED' } });
      // Pauses grow to 25 to 50 ms.
      expect(fleet.requestsTo('start').length).toBeLessThan(200);
      await eventually('the node is left', () => fleet.games[0]?.connections === 0);
    });

    it.each([
      ['incomplete', { code: 'ROOM_INCOMPLETE' }],
      ['ended', null],
    ])('%s: ends the game', async (reason, error) => {
      const fleet = await fleetOf({ roomSize: 1 });
      const [player] = await play(fleet, ['a']);
      const heard: string[] = [];
      player?.game.on('ROOM_CLOSED', (event) => heard.push(event.reason));
      fleet.games[0]?.io.emit('ROOM_CLOSED', { room_id: player?.match.roomId, reason });
      const end = await player?.game.ended;
      if (error === null) expect(end).toBeNull();
      else expect(end).toMatchObject(error);
      expect(heard).toEqual([reason]);
      await eventually('the node is left', () => fleet.games[0]?.connections === 0);
    });

    it('over by the API: joinGame rejects with ROOM_CLOSED', async () => {
      const fleet = await fleetOf({ roomSize: 1 });
      const client = clientOf(fleet, 'a');
      const match = await (await client.joinLobby()).enter('battle');
      for (const room of fleet.rooms.values()) room.closed = true;
      await expect(client.joinGame(match)).rejects.toMatchObject({ code: 'ROOM_CLOSED', retry: false });
    });
  });

  describe('waiting in the lobby', () => {
    it('ends with MATCH_TIMEOUT, and may begin again', async () => {
      const fleet = await fleetOf({ roomSize: 1 });
      fleet.matching = false;
      const lobby = await clientOf(fleet, 'a').joinLobby();
      const waiting = lobby.enter('battle');
      await eventually('ENTER', () => fleet.lobbyEvents.length === 1);
      fleet.lobbies[0]?.io.emit('MATCH_TIMEOUT', { mode: 'battle', waited_ms: 1 });
      await expect(waiting).rejects.toMatchObject({ code: 'MATCH_TIMEOUT' });
      fleet.matching = true;
      expect((await lobby.enter('battle')).members).toEqual(['a']);
    });

    it('ends with BAD_PAYLOAD when the node does not know the mode', async () => {
      const fleet = await fleetOf({});
      const lobby = await clientOf(fleet, 'a').joinLobby();
      const waiting = lobby.enter('chess');
      await eventually('ENTER', () => fleet.lobbyEvents.length === 1);
      fleet.lobbies[0]?.io.emit('ERROR', { code: 'BAD_PAYLOAD', message: 'modes: battle' });
      await expect(waiting).rejects.toMatchObject({ code: 'BAD_PAYLOAD', message: 'modes: battle' });
    });

    it('ends with the signal, and leaves the queue', async () => {
      const fleet = await fleetOf({});
      const lobby = await clientOf(fleet, 'a').joinLobby();
      const controller = new AbortController();
      const waiting = lobby.enter('battle', { signal: controller.signal });
      controller.abort();
      await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
      await eventually('LEAVE', () => fleet.lobbyEvents.some(({ event }) => event === 'LEAVE'));
    });

    it('tells of a match that nobody waited for, once', async () => {
      const fleet = await fleetOf({});
      const lobby = await clientOf(fleet, 'a').joinLobby();
      const rooms: string[] = [];
      lobby.on('match', ({ roomId }) => rooms.push(roomId));
      for (const room_id of ['r-1', 'r-1', 'r-2']) {
        fleet.lobbies[0]?.io.emit('ALL_CONNECTED', { room_id, match_token: 't', members: ['a'] });
      }
      await eventually('both rooms', () => rooms.length === 2);
      expect(rooms).toEqual(['r-1', 'r-2']);
    });

    it('survives events of the wrong shape', async () => {
      const fleet = await fleetOf({ roomSize: 1 });
      const lobby = await clientOf(fleet, 'a').joinLobby();
      for (const event of ['SESSION', 'ALL_CONNECTED', 'ERROR']) {
        for (const payload of [null, 7, 'x', [], { room_id: 3, resume_token: {}, code: 1 }]) {
          fleet.lobbies[0]?.io.emit(event, payload);
        }
      }
      expect((await lobby.enter('battle')).members).toEqual(['a']);
    });
  });

  describe('close()', () => {
    it('ends a join that waits for the API, at once', async () => {
      const fleet = await fleetOf({});
      fleet.mishap = () => 'unanswered';
      const client = clientOf(fleet, 'a');
      const joining = client.joinLobby();
      await eventually('the request', () => fleet.requests.length === 1);
      client.close();
      await expect(joining).rejects.toMatchObject({ code: 'CLOSED' });
      await expect(client.joinLobby()).rejects.toMatchObject({ code: 'CLOSED' });
    });

    it('ends a resume in progress', async () => {
      const fleet = await fleetOf({});
      const client = clientOf(fleet, 'a', { backoff: { baseMs: 60_000, maxMs: 60_000 } });
      const lobby = await client.joinLobby();
      fleet.lobbies[0]?.breakConnections();
      await eventually('the loss', () => client.reports.some(({ kind }) => kind === 'closed'));
      client.close();
      expect(await lobby.ended).toBeNull();
    });
  });
}
