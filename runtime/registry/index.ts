export { CoalescingSeats } from './coalescing';
export { type ConnectionOptions, connectRegistry, type RegistryConnection } from './connection';
export { type MatchQueueOptions, RedisMatchQueue } from './match-queue';
export { RedisRooms, type RoomOptions } from './rooms';
export { RedisSeats, SEAT_GRACE_MS } from './seats';
export * from './types';
