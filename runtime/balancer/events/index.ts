export type { EventSink, FleetEvent, RecordedEvent } from './event';
export { EventLog } from './log';
export { logEvent } from './log-event';
export { SharedEvents } from './shared';
