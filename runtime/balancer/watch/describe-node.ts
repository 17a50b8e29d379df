import type { Phase } from '../../core/protocol/agent';
import type { Health, NodeSnapshot } from '../../core/snapshot';
import type { Instance } from '../../fleet/port';
import type { NodeUpdate } from '../../registry/types';
import type { NodeFacts } from './node-watch';

/** All that is known of one node at a tick. */
export interface Known {
  readonly instance: Instance;
  /** Null while nothing was heard of its process. */
  readonly facts: NodeFacts | null;
  readonly health: Health;
  /** It is being told to drain, and may have obeyed. */
  readonly closing: boolean;
  readonly silentMs: number;
  readonly pending: number;
  readonly weight: number;
  readonly window: number;
}

/** For the view: the API, the autoscaler, operators. */
export function nodeSnapshot(known: Known): NodeSnapshot {
  const { instance, facts, health, silentMs, pending, weight, window } = known;
  const phase = phaseOf(known);
  return {
    nodeId: instance.nodeId,
    startId: facts?.startId ?? null,
    endpoint: instance.endpoint ?? '',
    zone: instance.zone,
    version: facts?.version ?? '',
    health,
    phase,
    ...(facts !== null && facts.phase !== phase && { said: facts.phase }),
    ...(facts?.leaving === true && { leaving: true }),
    connections: facts?.connections ?? 0,
    sessions: facts?.sessions ?? 0,
    pending,
    capacity: facts?.capacity ?? 0,
    weight,
    window,
    loopDelayMs: facts?.loopDelayMs ?? 0,
    rssBytes: facts?.rssBytes ?? 0,
    metrics: facts?.metrics ?? {},
    launchedAtMs: instance.launchedAtMs,
    silentMs,
  };
}

/** For the registry; null for a node that it need not know. */
export function nodeUpdate(known: Known): Omit<NodeUpdate, 'arrivals'> | null {
  const { instance, facts, health, weight, window } = known;
  if (facts === null || instance.endpoint === null) return null;
  return {
    nodeId: instance.nodeId,
    startId: facts.startId,
    endpoint: instance.endpoint,
    zone: instance.zone,
    version: facts.version,
    sessions: facts.sessions,
    connections: facts.connections,
    capacity: facts.capacity,
    weight,
    window,
    standing: standing(health, phaseOf(known)),
  };
}

/** One that is being told to drain counts as draining, so that nobody is sent to it (S7). */
function phaseOf({ facts, closing }: Known): Phase {
  const phase = facts?.phase ?? 'open';
  return closing && phase === 'open' ? 'draining' : phase;
}

/** Silence weighs more than draining: a room on a silent node waits, as the node may be dead (S7). Sealed is for ever. */
function standing(health: Health, phase: Phase): NodeUpdate['standing'] {
  if (phase === 'sealed') return 'sealed';
  if (health === 'suspect') return 'suspect';
  if (phase === 'draining') return 'draining';
  return health === 'held' ? 'held' : 'green';
}
