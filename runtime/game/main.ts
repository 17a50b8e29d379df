import { z } from 'zod';
import { agentOptions, NodeEnv } from '../agent';
import { withNodeMetrics } from '../metrics/node-metrics';
import { tlsFiles } from '../node-server';
import { announceReady, runProgram } from '../program';
import { createGameServer } from '.';
import { builtIn } from './built-in';
import { checkedPlugin, loadPlugin } from './load-plugin';

runProgram({
  name: 'game',
  description: 'A game node: rooms of players, on the node that their tickets name.',
  env: NodeEnv.extend({
    TICK_MS: z.coerce
      .number()
      .int()
      .min(10)
      .max(60_000)
      .default(100)
      .describe('time between two STATEs of a room, in milliseconds (default 100)'),
    ROOM_COMPLETE_MS: z.coerce
      .number()
      .int()
      .min(100)
      .max(3_600_000)
      .default(20_000)
      .describe('a room not complete by then is closed, in milliseconds (default 20000)'),
    MAX_MESSAGES_PER_SECOND: z.coerce
      .number()
      .min(1)
      .max(10_000)
      .default(30)
      .describe('of one client; the surplus is dropped (default 30)'),
    GAME_PLUGIN: z
      .string()
      .min(1)
      .optional()
      .describe('path of your game logic (default: the reference game, positions)'),
  }),
  start: async (env, log) => {
    const server = await createGameServer({
      agent: { ...agentOptions(env), log },
      plugin: env.GAME_PLUGIN === undefined ? checkedPlugin(builtIn, 'What was bundled') : loadPlugin(env.GAME_PLUGIN),
      host: env.HOST,
      port: env.PORT,
      tls: tlsFiles(env),
      tickMs: env.TICK_MS,
      roomCompleteMs: env.ROOM_COMPLETE_MS,
      maxMessagesPerSecond: env.MAX_MESSAGES_PER_SECOND,
    });
    const node = await withNodeMetrics(server, env);
    const { port, metricsPort } = node;
    log.info({ nodeId: env.NODE_ID, port, metricsPort }, 'listening');
    announceReady(port, metricsPort);
    return node;
  },
});
