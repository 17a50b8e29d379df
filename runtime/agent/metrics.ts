import { MAX_METRICS, MetricName, type Metrics } from '../core/protocol/agent';
import type { AgentLog } from './types';

/** One is the agent's own: `cpu`. */
const MAX_OWN = MAX_METRICS - 1;

/**
 * What the server measures, as far as it can be reported: a server's slip must not make the balancer take the whole node for
 * silent. What is left out is missing in the balancer's sample, on which nothing is scaled in.
 */
export function readMetrics(read: (() => Metrics) | undefined, log: AgentLog | undefined): Metrics {
  if (read === undefined) return {};
  try {
    const usable = Object.entries(read()).filter(
      ([name, value]) => MetricName.safeParse(name).success && Number.isFinite(value),
    );
    return Object.fromEntries(usable.slice(0, MAX_OWN));
  } catch (error) {
    log?.error({ err: error }, 'the metrics of this node could not be read');
    return {};
  }
}
