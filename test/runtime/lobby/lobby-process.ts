import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import type { LobbyWorld } from './support';

const Ready = z.object({ ready: z.literal(true), port: z.number() });

/** A lobby node as a process of its own: can be frozen. */
export async function lobbyProcess(
  world: LobbyWorld,

  nodeId: string,
): Promise<{ child: ChildProcess; url: string; nodeId: string; startId: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'runtime/lobby/main.ts'], {
    env: {
      ...process.env,
      STACK: world.stack,
      NODE_ID: nodeId,
      HOST: '127.0.0.1',
      REDIS_URL: process.env.TEST_REDIS_URL,
      AGENT_PUBLIC_KEYS: Buffer.from(world.balancer.publicKey).toString('base64'),
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  world.onClose(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const [message] = await once(child, 'message');
  const url = `http://127.0.0.1:${Ready.parse(message).port}`;
  const channel = await world.openChannel(url, nodeId);
  return { child, url, nodeId, startId: channel.hello.startId };
}
