export { askRegistry } from './asking';
export { connectRegistry } from './connection';
export { EVENTS_PER_MS, type EventEntry, type EventStream, RedisEventStream } from './event-stream';
export { RedisLease } from './lease';
export { RedisMatchQueue } from './match-queue';
export { RedisRooms } from './rooms';
export { RedisScalingStore } from './scaling-store';
export { RedisSeats, SEAT_GRACE_MS } from './seats';
export * from './types';
