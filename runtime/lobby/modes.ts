import { z } from 'zod';
import { Id, MAX_ROOM_SIZE } from '../core/protocol/limits';

/** Players per room of each mode. */
export type Modes = ReadonlyMap<string, number>;

const Size = z.coerce.number().int().min(1).max(MAX_ROOM_SIZE);

/** Reads `battle:4,duel:2`: the modes, each with its players per room. */
export const ModesText = z.string().transform((text, context): Modes => {
  const modes = new Map<string, number>();
  for (const part of text.split(',')) {
    const entry = part.trim();
    const colon = entry.lastIndexOf(':');
    const mode = Id.safeParse(entry.slice(0, Math.max(colon, 0)));
    const size = Size.safeParse(entry.slice(colon + 1));
    if (!mode.success || !size.success) {
      context.addIssue(`"${entry}" is not MODE:SIZE, with a size of 1 to ${MAX_ROOM_SIZE}, e.g. battle:4`);
    } else if (modes.has(mode.data)) {
      context.addIssue(`the mode "${mode.data}" is there twice`);
    } else {
      modes.set(mode.data, size.data);
    }
  }
  return modes;
});
