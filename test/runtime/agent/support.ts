import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type ServerOptions } from 'socket.io';
import { type Agent, type AgentOptions, attachAgent } from '../../../runtime/agent';
import { TestBalancer } from '../../support/agent-client';

export interface TestNode {
  readonly balancer: TestBalancer;
  readonly io: Server;
  readonly agent: Agent;
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

interface TestNodeOptions extends Partial<AgentOptions> {
  readonly server?: Partial<ServerOptions>;
  /** Runs on the server before the agent is attached. */
  readonly before?: (io: Server) => void;
  readonly balancer?: TestBalancer;
}

/** A socket.io server with an agent, on a free port. */
export async function startNode(options: TestNodeOptions = {}): Promise<TestNode> {
  const { server, before, balancer = new TestBalancer(), ...agentOptions } = options;
  const httpServer = createServer();
  const io = new Server(httpServer, { transports: ['websocket', 'polling'], ...server });
  before?.(io);
  const agent = attachAgent(io, {
    nodeId: 'node-1',
    cluster: 'test',
    version: 'v1',
    capacity: 100,
    publicKeys: [balancer.publicKey],
    ...agentOptions,
  });
  await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve));
  const { port } = httpServer.address() as AddressInfo;
  return {
    balancer,
    io,
    agent,
    port,
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      agent.stop();
      await io.close();
      httpServer.closeAllConnections();
    },
  };
}

/** A handshake as a hostile client may write it; the status 101 means admitted (the connection is dropped at once). */
export function handshake(
  port: number,
  query: string,
  transport: 'websocket' | 'polling' = 'websocket',
): Promise<{ status: number; message: string | undefined }> {
  const upgrade = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path: `/socket.io/?EIO=4&transport=${transport}${query === '' ? '' : `&${query}`}`,
      headers: transport === 'websocket' ? upgrade : {},
    });
    sent.on('error', reject);
    sent.on('upgrade', (_, socket) => {
      socket.destroy();
      resolve({ status: 101, message: undefined });
    });
    sent.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => {
        const message: unknown = body.startsWith('{') ? JSON.parse(body).message : undefined;
        resolve({ status: response.statusCode ?? 0, message: typeof message === 'string' ? message : undefined });
      });
    });
    sent.end();
  });
}
