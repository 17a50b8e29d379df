import { z } from 'zod';
import { AGENT_NAMESPACE, Order, OrderReply, StatsReply, StatsRequest } from '../../runtime/core/protocol/agent';
import { AgentClaims } from '../../runtime/core/protocol/ticket';
import { CODES } from '../../runtime/registry/codes';
import type { Tap } from '../support/tcp-proxy';
import { FrameReader } from './frames';
import type { Recorder } from './recorder';
import { type Resp, RespReader } from './resp';

/** A socket.io packet with an acknowledgement: 2 asks, 3 answers. */
const PACKET = new RegExp(`^4([23])${AGENT_NAMESPACE},(\\d+)(\\[.*)$`, 's');

interface Ordered {
  readonly by: string;
  readonly nodeId: string;
  readonly order: string;
  readonly epoch: number;
}

const Question = z.tuple([z.enum(['hello', 'keys', 'stats', 'order']), z.unknown()]);

/** Listens to a balancer on the agent channel of one node. */
export function agentTap(nodeId: string, recorder: Pick<Recorder, 'add'>): Tap {
  const toNode = new FrameReader();
  const toBalancer = new FrameReader();
  /** By number of the acknowledgement. */
  const open = new Map<string, { question: 'stats'; askedMs: number } | { question: 'order'; order: Ordered }>();
  let by = '';

  const asked = (number: string, json: string): void => {
    const [question, payload] = Question.parse(JSON.parse(json));
    by ||= agentIn(toNode.head);
    if (question === 'stats') {
      open.set(number, { question, askedMs: performance.now() });
      recorder.add({ kind: 'asked', by, nodeId, epoch: StatsRequest.parse(payload).epoch ?? null });
    }
    if (question === 'order') {
      const { kind, epoch } = Order.parse(payload);
      open.set(number, { question, order: { by, nodeId, order: kind, epoch } });
      recorder.add({ kind: 'ordered', by, nodeId, order: kind, epoch });
    }
  };
  const answered = (number: string, json: string): void => {
    const was = open.get(number);
    open.delete(number);
    const [answer] = z.tuple([z.unknown()]).parse(JSON.parse(json));
    if (was?.question === 'stats') {
      const { startId, phase, epoch, sessions } = StatsReply.parse(answer);
      const tookMs = Math.round(performance.now() - was.askedMs);
      recorder.add({ kind: 'stats', by, nodeId, startId, phase, epoch, sessions, tookMs });
    }
    if (was?.question === 'order') {
      const reply = OrderReply.parse(answer);
      recorder.add(reply.ok ? { kind: 'obeyed', ...was.order } : { kind: 'refused', ...was.order, code: reply.code });
    }
  };
  return {
    toTarget: (chunk) => {
      for (const text of toNode.read(chunk)) {
        const [, type, number = '', json = ''] = PACKET.exec(text) ?? [];
        if (type === '2') asked(number, json);
      }
    },
    toClient: (chunk) => {
      for (const text of toBalancer.read(chunk)) {
        const [, type, number = '', json = ''] = PACKET.exec(text) ?? [];
        if (type === '3') answered(number, json);
      }
    },
  };
}

/** The balancer whose token is in the head of a handshake; empty when there is none. */
export function agentIn(head: string): string {
  const payload = /[?&]agent=[^.&\s]+\.([^.&\s]+)\./.exec(head)?.[1];
  if (payload === undefined) return '';
  const claims = AgentClaims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  return claims.success ? claims.data.sub : '';
}

const CHANGE =
  /POST \/clusters\/([^/\s]+)\/(?:(grow)|instances\/([^/\s]+)\/(terminate|unhealthy)) HTTP\/1\.1\r\n(?:[^\r\n]+\r\n)*\r\n(\{[^}]*\})/;
const Change = z.enum(['grow', 'terminate', 'unhealthy']);
const Body = z.object({ size: z.number().optional() });

/** Listens to what a balancer wants changed of who runs the processes. `by` says the balancer's id as it is then. */
export function fleetTap(by: () => string, recorder: Pick<Recorder, 'add'>): Tap {
  let text = '';
  return {
    toTarget: (chunk) => {
      text += chunk.toString('latin1');
      for (let found = CHANGE.exec(text); found !== null; found = CHANGE.exec(text)) {
        const [whole, cluster = '', grow, nodeId, other, body = '{}'] = found;
        const { size } = Body.parse(JSON.parse(body));
        const details = { ...(nodeId === undefined ? {} : { nodeId }), ...(size === undefined ? {} : { size }) };
        recorder.add({ kind: 'fleet', by: by(), what: Change.parse(grow ?? other), cluster, ...details });
        text = text.slice(found.index + whole.length);
      }
      // What is not a change is asked every second.
      if (text.endsWith('\r\n\r\n') && text.lastIndexOf('POST') < text.lastIndexOf('GET')) text = '';
      text = text.slice(-4_000);
    },
    toClient: () => undefined,
  };
}

const STALE = CODES.STALE;

/**
 * Listens to a balancer's writes under an epoch: scripts whose first key is an epoch, and whose first argument is the owner's. The answer
 * is written down when it has come from Redis, whether the balancer still waits for it or not.
 */
export function registryTap(by: () => string, recorder: Pick<Recorder, 'add'>): Tap {
  const toRedis = new RespReader();
  const toBalancer = new RespReader();
  /** Of each command under way, in their order: what it writes; null: something else. */
  const open: (Write | null)[] = [];
  return {
    toTarget: (chunk) => {
      for (const command of toRedis.read(chunk)) {
        const write = writeIn(command);
        if (write !== null) recorder.add({ kind: 'writes', by: by(), ...write });
        open.push(write);
      }
    },
    toClient: (chunk) => {
      for (const answer of toBalancer.read(chunk)) {
        const write = open.shift() ?? null;
        const code = Array.isArray(answer) ? answer[0] : answer;
        if (write === null || typeof code !== 'number') continue;
        recorder.add({ kind: 'written', by: by(), ...write, taken: code !== STALE });
      }
    },
  };
}

interface Write {
  readonly cluster: string;
  readonly epoch: number;
}

function writeIn(command: Resp): Write | null {
  if (!Array.isArray(command)) return null;
  const [name, , keyCount, key, ...rest] = command;
  if (!/^evalsha$|^eval$/i.test(String(name))) return null;
  const cluster = /^\{[^:}]*:([^}]*)\}:epoch$/.exec(String(key))?.[1];
  const epoch = Number(rest[Number(keyCount) - 1]);
  return cluster === undefined || !Number.isFinite(epoch) ? null : { cluster, epoch };
}
