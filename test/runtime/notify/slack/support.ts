import type { NotedEvent } from '../../../../runtime/notify/slack/kinds';

export const SENDER = { stack: 'prod', balancerId: 'balancer-a', pageUrl: 'http://127.0.0.1:9090/' };

export function event(kind: string, over: Partial<NotedEvent> = {}): NotedEvent {
  return { kind, reason: 'because', atMs: 1_700_000_000_000, ...over };
}
