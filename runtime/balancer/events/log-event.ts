import type { Logger } from 'pino';
import type { RecordedEvent } from './event';

/** Each event is a line of the log; what an operator should look at, a warning. */
export function logEvent(log: Logger, { kind, ...event }: RecordedEvent): void {
  // A balancer that owns its home is as it should be; what took it from there, or brings it back, is told by itself.
  const usual = kind === 'cluster-owned' && event.details?.home === true;
  const alarming =
    /suspect|held|red|evicted|began|unavailable|registry-|api-errors|cluster-|peer-silent|peer-back|scaling-failed/.test(
      kind,
    );
  const level = alarming && !usual ? 'warn' : 'info';
  log[level](event, [kind, event.nodeId ?? event.cluster ?? '', `(${event.reason})`].filter(Boolean).join(' '));
}
