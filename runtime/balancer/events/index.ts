export type { EventSink, FleetEvent, RecordedEvent } from './event';
export { EventLog } from './log';
export { SharedEvents } from './shared';
