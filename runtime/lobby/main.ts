import { z } from 'zod';
import { agentOptions, NodeEnv } from '../agent';
import { withNodeMetrics } from '../metrics/node-metrics';
import { tlsFiles } from '../node-server';
import { announceReady, runProgram } from '../program';
import { createLobbyServer } from '.';
import { ModesText } from './modes';

runProgram({
  name: 'lobby',
  description: 'A lobby node: matches players into rooms, with the other lobby nodes of the stack.',
  env: NodeEnv.extend({
    CLUSTER: NodeEnv.shape.CLUSTER.default('lobby').describe(
      'name of the cluster that this node belongs to (default lobby)',
    ),
    REDIS_URL: z.string().min(1).describe('redis://HOST:PORT, rediss://HOST:PORT or the path of a Unix socket'),
    MODES: ModesText.prefault('battle:4,duel:2').describe(
      'modes, each with its players per room (default battle:4,duel:2)',
    ),
    MATCH_TIMEOUT_MS: z.coerce
      .number()
      .int()
      .min(1_000)
      .max(3_600_000)
      .default(60_000)
      .describe('how long a player waits before MATCH_TIMEOUT, in milliseconds (default 60000)'),
  }),
  start: async (config, log) => {
    const lobby = await createLobbyServer({
      stack: config.STACK,
      agent: agentOptions(config),
      redisUrl: config.REDIS_URL,
      modes: config.MODES,
      matchTimeoutMs: config.MATCH_TIMEOUT_MS,
      host: config.HOST,
      port: config.PORT,
      tls: tlsFiles(config),
      log,
    });
    const node = await withNodeMetrics(lobby, config);
    const { port, metricsPort } = node;
    log.info({ nodeId: config.NODE_ID, port, metricsPort }, 'listening');
    announceReady(port, metricsPort);
    return node;
  },
});
