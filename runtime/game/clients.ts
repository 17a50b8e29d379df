import type { Server, Socket } from 'socket.io';
import type { Outlet } from './room';

interface Client {
  readonly socket: Socket;
  /** Since when it has been in no room; null while it is in one. */
  idleSinceMs: number | null;
}

/** The newest connection of each player; a channel is a room of socket.io, so that an event is encoded once for all in it. */
export class Clients implements Outlet {
  readonly #io: Server;
  readonly #now: () => number;
  readonly #byPlayer = new Map<string, Client>();

  /** @param now milliseconds of a clock that only goes forward */
  constructor(io: Server, now: () => number) {
    this.#io = io;
    this.#now = now;
  }

  connected(playerId: string, socket: Socket): void {
    this.#byPlayer.set(playerId, { socket, idleSinceMs: this.#now() });
    socket.on('disconnect', () => {
      if (this.#byPlayer.get(playerId)?.socket === socket) this.#byPlayer.delete(playerId);
    });
  }

  /** Disconnects those that have been in no room for `limitMs`: on a game node one comes for a room. */
  expelIdle(limitMs: number): void {
    const before = this.#now() - limitMs;
    for (const { socket, idleSinceMs } of this.#byPlayer.values()) {
      if (idleSinceMs !== null && idleSinceMs <= before) socket.disconnect(true);
    }
  }

  /** Whether the player's newest connection has entered a room. */
  isInRoom(playerId: string): boolean {
    return this.#byPlayer.get(playerId)?.idleSinceMs === null;
  }

  subscribe(playerId: string, channel: string): void {
    const client = this.#byPlayer.get(playerId);
    if (client === undefined) return;
    client.idleSinceMs = null;
    void client.socket.join(channel);
  }

  unsubscribe(playerId: string, channel: string): void {
    const client = this.#byPlayer.get(playerId);
    if (client === undefined) return;
    client.idleSinceMs = this.#now();
    void client.socket.leave(channel);
  }

  broadcast(channel: string, event: string, payload: object): void {
    this.#io.to(channel).emit(event, payload);
  }

  send(playerId: string, event: string, payload: object): void {
    this.#byPlayer.get(playerId)?.socket.emit(event, payload);
  }
}
