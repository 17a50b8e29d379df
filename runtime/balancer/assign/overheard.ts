import type { StatsReply } from '../../core/protocol/agent';
import type { ProbeFactory } from '../watch/probe';

/** Probes whose answers are heard by somebody else as well, as they come. */
export function overheard(probes: ProbeFactory, heard: (cluster: string, reply: StatsReply) => void): ProbeFactory {
  return (instance, onLost) => {
    const probe = probes(instance, onLost);
    return {
      get hello() {
        return probe.hello;
      },
      poll: async (timeoutMs) => {
        const reply = await probe.poll(timeoutMs);
        heard(instance.cluster, reply);
        return reply;
      },
      resync: () => probe.resync(),
      order: (order, timeoutMs) => probe.order(order, timeoutMs),
      close: () => probe.close(),
    };
  };
}
