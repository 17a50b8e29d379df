export { connectRegistry } from './connection';
export { RedisMatchQueue } from './match-queue';
export { RedisRooms } from './rooms';
export { RedisSeats } from './seats';
export * from './types';
