import { z } from 'zod';

/** How far the bees are: players now, plays and rooms since the start. */
export const Progress = z.object({
  /** Seconds since the start. */
  seconds: z.number().min(0),
  /** Players wanted. */
  players: z.int().min(0),
  /** Of these, how many have come so far. */
  arrived: z.int().min(0),
  /** Connected to a lobby or game node now. */
  connected: z.int().min(0),
  /** Connections that are open now, by cluster; those of extra players too. */
  connections: z.object({ lobby: z.int().min(0), game: z.int().min(0) }),
  /** In the lobby, until they are matched. */
  waiting: z.int().min(0),
  /** In a room that is complete. */
  playing: z.int().min(0),
  finished: z.int().min(0),
  failed: z.int().min(0),
  rooms: z.int().min(0),
  splitRooms: z.int().min(0),
});
export type Progress = z.infer<typeof Progress>;

/** What a bees process tells the process that started it, over IPC: `{ progress: { … } }` once a second. */
export const ProgressMessage = z.object({ progress: Progress });
export type ProgressMessage = z.infer<typeof ProgressMessage>;

/** Progress as one line. */
export function describeProgress(progress: Progress): string {
  const { seconds, players, connected, waiting, playing, finished, failed, rooms, splitRooms } = progress;
  const split = splitRooms > 0 ? ` (${splitRooms} SPLIT)` : '';
  return (
    `${seconds.toFixed(0).padStart(4)} s  ${players} players: ${connected} connected, ${waiting} waiting, ` +
    `${playing} playing · ${finished} finished, ${failed} failed · ${rooms} rooms${split}`
  );
}

/** Several processes as one; null when there is none. */
export function addProgress(all: readonly Progress[]): Progress | null {
  const [first, ...rest] = all;
  if (first === undefined) return null;
  return rest.reduce(
    (sum, one) => ({
      seconds: Math.max(sum.seconds, one.seconds),
      players: sum.players + one.players,
      arrived: sum.arrived + one.arrived,
      connected: sum.connected + one.connected,
      connections: {
        lobby: sum.connections.lobby + one.connections.lobby,
        game: sum.connections.game + one.connections.game,
      },
      waiting: sum.waiting + one.waiting,
      playing: sum.playing + one.playing,
      finished: sum.finished + one.finished,
      failed: sum.failed + one.failed,
      rooms: sum.rooms + one.rooms,
      splitRooms: sum.splitRooms + one.splitRooms,
    }),
    first,
  );
}
