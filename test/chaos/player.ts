import { Bee, type BeeOutcome, type BeeWatch } from '../../runtime/bees/bee';
import type { FleetApi, LinkReport } from '../../runtime/client';
import { TicketClaims } from '../../runtime/core/protocol/ticket';
import type { UsedTicket } from './knocker';
import type { Recorder } from './recorder';

export interface PlayerOptions {
  readonly playerId: string;
  readonly api: FleetApi;
  readonly recorder: Recorder;
  /** Called with each change of stage; null at the end. */
  readonly onStage: (stage: string | null, bee: Bee) => void;
  /** A ticket has got the player in. */
  readonly onUsed: (ticket: UsedTicket) => void;
}

/** One round: how long it plays, and how long it tries, in milliseconds. */
const PLAY_MS = 6_000;
const PATIENCE_MS = 90_000;
const LINGER_MS = 2_000;
/** Positions per second. */
const RATE = 0.5;

/** A bee that plays one round, and has all that happens to it written down. */
export function playOnce(options: PlayerOptions): { readonly bee: Bee; readonly outcome: Promise<BeeOutcome> } {
  const { playerId, api, recorder } = options;
  const bee: Bee = new Bee({
    ...{ playerId, api, mode: 'battle', pool: 'chaos' },
    ...{ playMs: PLAY_MS * (0.5 + Math.random()), rate: RATE, patienceMs: PATIENCE_MS, lingerMs: LINGER_MS },
    watch: watchOf(options, () => bee),
  });
  recorder.add({ kind: 'player', playerId, what: 'begins', reason: '' });
  const outcome = bee.play().then((result) => {
    const reason = result.kind === 'failed' ? result.reason : '';
    recorder.add({ kind: 'player', playerId, what: result.kind, reason });
    return result;
  });
  return { bee, outcome };
}

function watchOf({ playerId, recorder, onStage, onUsed }: PlayerOptions, bee: () => Bee): BeeWatch {
  let roomId: string | null = null;
  const tickets = new Map<string, string>();
  return {
    link: (report) => {
      note(playerId, report, recorder);
      const { nodeId } = report;
      if (report.kind === 'asked') tickets.set(nodeId, report.answer.ticket);
      const ticket = tickets.get(nodeId);
      if (report.kind === 'opened' && !report.resumed && ticket !== undefined) onUsed({ nodeId, ticket });
    },
    matched: (match) => {
      roomId = match.roomId;
      recorder.add({ kind: 'matched', playerId, roomId, members: [...match.members] });
    },
    complete: ({ gen, nodeId, ...room }) =>
      recorder.add({ kind: 'complete', playerId, roomId: room.roomId, gen, nodeId }),
    stage: (_, to) => {
      // It goes back to the lobby: the room broke up for it.
      if (to === 'lobby' && roomId !== null) recorder.add({ kind: 'left', playerId, roomId });
      onStage(to, bee());
    },
    step: () => undefined,
    message: () => undefined,
  };
}

function note(playerId: string, report: LinkReport, recorder: Recorder): void {
  const { role, nodeId } = report;
  if (report.kind === 'asked') {
    const { st, room } = claimsOf(report.answer.ticket);
    recorder.add({
      ...{ kind: 'assigned', playerId, role, nodeId, startId: st },
      askedT: recorder.now() - report.tookMs,
      untilT: recorder.at(Date.parse(report.answer.expiresAt)),
      room: room === undefined ? null : { id: room.id, gen: room.gen },
    });
  }
  if (report.kind === 'opened') recorder.add({ kind: 'opened', playerId, role, nodeId });
  if (report.kind === 'closed') {
    const { reason } = report;
    recorder.add({ kind: 'closed', playerId, role, nodeId, wanted: reason === 'io client disconnect', reason });
  }
}

/** To a player a ticket is opaque; an observer reads it. */
function claimsOf(ticket: string): TicketClaims {
  return TicketClaims.parse(JSON.parse(Buffer.from(ticket.split('.')[1] ?? '', 'base64url').toString()));
}
