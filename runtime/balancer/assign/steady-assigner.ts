import type { Assigner } from '../../api/backend';
import { FleetError } from '../../core/errors';
import type { AssignReply, FinishReply, RoomReply } from '../../core/protocol/rest';
import { RegistryUnavailable } from '../../registry/types';
import { messageOf } from '../complaints';
import type { MemoryJoins } from './memory-joins';
import type { RegistryHealth } from './registry-health';
import type { RoomDesk } from './room-desk';

export interface SteadyAssignerOptions {
  /** Assigns by the registry; rejects with RegistryUnavailable as soon as that is given up. */
  readonly registry: Assigner;
  readonly health: Pick<RegistryHealth, 'answers' | 'failed'>;
  readonly lobby: string;
  /** By cluster: those that are joined without a room. */
  readonly joins: ReadonlyMap<string, MemoryJoins>;
  readonly desk: Pick<RoomDesk, 'start'>;
}

/** Assigns by the registry while that answers; else joins go on from this balancer's memory, and the room desk knows the rooms. */
export class SteadyAssigner implements Assigner {
  readonly #options: SteadyAssignerOptions;

  constructor(options: SteadyAssignerOptions) {
    this.#options = options;
  }

  lobby(playerId: string, idempotencyKey?: string): Promise<AssignReply> {
    return this.join(this.#options.lobby, playerId, idempotencyKey);
  }

  async join(cluster: string, playerId: string, idempotencyKey?: string): Promise<AssignReply> {
    const { registry, health } = this.#options;
    const memory = this.#options.joins.get(cluster);
    if (memory === undefined) return registry.join(cluster, playerId, idempotencyKey);
    const known = idempotencyKey === undefined ? null : memory.repeated(playerId, idempotencyKey);
    if (known !== null) return known;
    if (!health.answers) return memory.join(playerId, idempotencyKey);
    try {
      const reply = await registry.join(cluster, playerId, idempotencyKey);
      if (idempotencyKey !== undefined) memory.answered(playerId, idempotencyKey, reply);
      return reply;
    } catch (error) {
      if (error instanceof RegistryUnavailable) health.failed(messageOf(error.cause));
      // A registry that knows no node has been emptied: what we know by ourselves is better, until its owner has written it again.
      else if (!(error instanceof FleetError && error.code === 'NO_NODES')) throw error;
      return memory.join(playerId, idempotencyKey);
    }
  }

  start(roomId: string, matchToken: string): Promise<AssignReply> {
    return this.#options.desk.start(roomId, matchToken);
  }

  finish(roomId: string, matchToken: string, result?: unknown): Promise<FinishReply> {
    return this.#options.registry.finish(roomId, matchToken, result);
  }

  room(roomId: string): Promise<RoomReply> {
    return this.#options.registry.room(roomId);
  }
}
