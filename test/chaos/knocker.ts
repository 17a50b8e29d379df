import { io } from 'socket.io-client';
import type { World } from './world';

/** A ticket that got a player in. */
export interface UsedTicket {
  readonly nodeId: string;
  readonly ticket: string;
}

interface Attempt {
  readonly shown: string;
  readonly query: Readonly<Record<string, string>>;
}

/** How often somebody without a right knocks at some node, in milliseconds, and how long an answer is waited for. */
const KNOCK_MS = 500;
const WAIT_MS = 3_000;

/** Tries to get in without a valid ticket, again and again (S6). @param used tickets, the latest last. */
export function startKnocking(world: World, used: () => readonly UsedTicket[]): { stop(): void } {
  let turn = 0;
  const knocking = setInterval(() => {
    const nodes = world.nodes();
    const node = nodes[turn % Math.max(1, nodes.length)];
    turn += 1;
    if (node === undefined) return;
    const attempts = attemptsAt(node.nodeId, used());
    const attempt = attempts[turn % attempts.length];
    if (attempt === undefined) return;
    void knock(node.endpoint, attempt.query).then((letIn) =>
      world.recorder.add({ kind: 'knocked', nodeId: node.nodeId, with: attempt.shown, letIn }),
    );
  }, KNOCK_MS);
  return { stop: () => clearInterval(knocking) };
}

function attemptsAt(nodeId: string, used: readonly UsedTicket[]): Attempt[] {
  const own = used.findLast((each) => each.nodeId === nodeId)?.ticket;
  const foreign = used.findLast((each) => each.nodeId !== nodeId)?.ticket;
  return [
    { shown: 'nothing', query: {} },
    { shown: 'a made-up ticket', query: { ticket: 'eyJhbGciOiJub25lIn0.e30.' } },
    { shown: 'a made-up resume token', query: { resume: 'A'.repeat(43) } },
    ...(foreign === undefined ? [] : [{ shown: 'a ticket for another node', query: { ticket: foreign } }]),
    ...(own === undefined
      ? []
      : [
          { shown: 'a used ticket', query: { ticket: own } },
          { shown: 'a changed ticket', query: { ticket: changed(own) } },
        ]),
  ];
}

/** For another player, with the signature of the true one. */
function changed(ticket: string): string {
  const [head = '', payload = '', signature = ''] = ticket.split('.');
  const claims: object = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const forged = JSON.stringify({ ...claims, sub: 'mallory', jti: 'mallory' });
  return [head, Buffer.from(forged).toString('base64url'), signature].join('.');
}

/** Whether the node lets somebody in who shows this. */
function knock(endpoint: string, query: Attempt['query']): Promise<boolean> {
  const socket = io(endpoint, { query, transports: ['websocket'], reconnection: false, forceNew: true });
  let timer: NodeJS.Timeout | undefined;
  return new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), WAIT_MS);
    socket.once('connect', () => resolve(true));
    socket.once('connect_error', () => resolve(false));
  }).finally(() => {
    clearTimeout(timer);
    socket.disconnect();
  });
}
