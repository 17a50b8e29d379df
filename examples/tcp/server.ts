import { type AddressInfo, createServer, type Socket } from 'node:net';
import { z } from 'zod';
import {
  type AgentOptions,
  agentOptions,
  createAgent,
  type Joined,
  NodeEnv,
  type PlainAgent,
} from '../../runtime/agent';
import { announceReady, runProgram } from '../../runtime/program';
import { eachLine, peek } from './lines';
import { Worker } from './worker';

export interface TcpServer {
  readonly agent: PlainAgent;
  readonly port: number;
  stop(): Promise<void>;
}

/** A connection that has not shown a ticket within this time is closed, in milliseconds. */
const INTRODUCTION_MS = 5_000;

/** A client that takes nothing in is dropped when so many bytes wait for it. */
const MAX_UNSENT_BYTES = 65_536;

/**
 * A server over raw TCP, with a protocol of lines; the README of this folder describes it. One port for both: who begins with an
 * HTTP request is a balancer, everyone else a player.
 * @param paceMs how long one job takes, in milliseconds
 */
export async function startTcpServer(
  node: AgentOptions,
  port = 0,
  host = '127.0.0.1',
  paceMs = 10,
): Promise<TcpServer> {
  const worker = new Worker(paceMs);
  const agent = createAgent({ ...node, metrics: () => ({ queue: worker.length }) });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    // A peer that is gone without a word is noticed all the same.
    socket.setKeepAlive(true, 5_000);
    const introduction = setTimeout(() => socket.destroy(), INTRODUCTION_MS);
    socket.on('close', () => clearTimeout(introduction));
    peek(socket, 5, (first) => {
      clearTimeout(introduction);
      if (first === 'POST ') agent.questions.emit('connection', socket);
      else servePlayer(socket, agent, worker);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ port, host, backlog: 4_096 }, resolve);
  });
  return {
    agent,
    port: (server.address() as AddressInfo).port,
    stop: () => {
      agent.stop();
      worker.stop();
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function servePlayer(socket: Socket, agent: PlainAgent, worker: Worker): void {
  let player: Joined | undefined;
  const say = (line: string): void => {
    if (!socket.destroyed && socket.writableLength < MAX_UNSENT_BYTES) socket.write(`${line}\n`);
    else socket.destroy();
  };
  const refuse = (code: string, message: string): void => {
    socket.end(`ERROR ${code} ${message}\n`);
  };
  const introduce = (shown: { ticket: string } | { resume: string }): void => {
    const joining = agent.join(shown, {
      replaced: () => refuse('REPLACED', 'you have connected again'),
      move: (afterMs) => say(`MOVE ${afterMs}`),
    });
    if (!joining.ok) {
      refuse(joining.code, joining.message);
      return;
    }
    player = joining.player;
    say(`HELLO ${player.playerId} ${player.resumeToken} ${player.graceMs}`);
  };
  socket.on('close', () => player?.lost());
  eachLine(socket, (line) => {
    if (socket.writableEnded) return;
    const [, word = line, text = ''] = /^([A-Z]+) ?(.*)$/.exec(line) ?? [];
    if (player === undefined) {
      if (word === 'TICKET') introduce({ ticket: text });
      else if (word === 'RESUME') introduce({ resume: text });
      else refuse('TICKET_REQUIRED', 'begin with TICKET or RESUME');
      return;
    }
    player.confirm();
    if (word === 'BYE') {
      player.leave('left');
      socket.end();
    } else if (word === 'WORK') {
      if (!worker.add(() => say(`DONE ${text}`))) say('ERROR RATE_LIMITED too many jobs wait');
    } else say('ERROR BAD_PAYLOAD say WORK or BYE');
  });
}

if (require.main === module) {
  runProgram({
    name: 'tcp',
    description: 'A server over raw TCP, as a node of a fleet.',
    env: NodeEnv.extend({
      PACE_MS: z.coerce.number().int().min(1).max(60_000).default(10).describe('time that one job takes (default 10)'),
    }),
    start: async (env, log) => {
      const server = await startTcpServer({ ...agentOptions(env), log }, env.PORT, env.HOST, env.PACE_MS);
      log.info({ port: server.port }, 'listening');
      announceReady(server.port);
      return server;
    },
  });
}
