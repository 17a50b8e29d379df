import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { type Agent, type AgentOptions, agentOptions, attachAgent, NodeEnv } from '../../runtime/agent';

export interface Chat {
  readonly agent: Agent;
  readonly port: number;
  close(): Promise<void>;
}

/** A plain socket.io chat: SAY { text } goes to everyone as SAID { from, text }. One line makes it a node of a fleet. */
export async function startChat(node: AgentOptions, port = 0): Promise<Chat> {
  const httpServer = createServer();
  const io = new Server(httpServer, { transports: ['websocket'] });
  const agent = attachAgent(io, node); // <- the one line

  io.on('connection', (socket) => {
    const { playerId } = agent.session(socket);
    socket.on('SAY', (message: unknown) => {
      if (typeof message !== 'object' || message === null || !('text' in message)) return;
      if (typeof message.text === 'string') io.emit('SAID', { from: playerId, text: message.text.slice(0, 500) });
    });
  });

  await new Promise<void>((resolve, reject) => {
    httpServer.once('error', reject).listen(port, resolve);
  });
  return {
    agent,
    port: (httpServer.address() as AddressInfo).port,
    close: async () => {
      agent.stop();
      await io.close();
    },
  };
}

if (require.main === module) {
  const env = NodeEnv.parse(process.env);
  startChat(agentOptions(env), env.PORT).then(
    ({ port }) => process.send?.({ ready: true, port }) ?? console.log(`chat node ${env.NODE_ID} on port ${port}`),
    (error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
}
