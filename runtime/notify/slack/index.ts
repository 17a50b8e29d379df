export { type Digest, merge, withEvent } from './digest';
export { eventsMessage } from './events-message';
export { type NotedEvent, seenByBoth } from './kinds';
export { Notifier } from './notifier';
export { POST_TIMEOUT_MS, post } from './post';
export { type FleetReport, reportMessage } from './report-message';
export type { SentStore } from './sent-record';
export { WebhookUrl } from './webhook-url';
