import { announceReady, runProgram } from '../program';
import { startBalancer } from './balancer';
import { BalancerEnv } from './env';

runProgram({
  name: 'balancer',
  description: 'Watches the nodes of each cluster, keeps the registry, and serves the API.',
  env: BalancerEnv,
  start: async (env, log) => {
    const balancer = await startBalancer(env, log, { processMetrics: true });
    log.info({ port: balancer.port, privatePort: balancer.privatePort }, 'listening');
    announceReady(balancer.port);
    return balancer;
  },
});
