import { PositionPayload } from '../../core/protocol/events';
import type { GamePlugin, PluginMessage, RoomLogic } from '../plugin';

const events = { POSITION: PositionPayload };

/** The reference game: everyone's latest position goes to everyone in the room, once per tick. */
export const positions: GamePlugin = {
  events,

  create(): RoomLogic<PluginMessage<typeof events>> {
    const latest = new Map<string, PositionPayload>();
    const moved = new Set<string>();
    return {
      onJoin() {
        // The newcomer does not know yet where the others are.
        for (const player of latest.keys()) moved.add(player);
      },
      onMessage(player, { payload }) {
        latest.set(player, payload);
        moved.add(player);
      },
      onTick() {
        if (moved.size === 0) return undefined;
        const state = { positions: Object.fromEntries(Array.from(moved, (player) => [player, latest.get(player)])) };
        moved.clear();
        return state;
      },
      onLeave(player) {
        latest.delete(player);
        moved.delete(player);
      },
    };
  },
};
