import { Id } from '../core/protocol/limits';
import { awsFleet } from './aws';
import { localFleet } from './local';
import type { Fleet } from './port';

/** The forms that `openFleet` takes. */
export const FLEET_FORMS = 'local:http://:TOKEN@127.0.0.1:PORT, or aws:STACK';

/**
 * The fleet that a text names. Nothing is asked of it yet.
 * @throws when the text has none of the forms.
 */
export function openFleet(text: string): Fleet {
  const [, kind, rest = ''] = /^(local|aws):(.*)$/.exec(text) ?? [];
  if (kind === 'local') return localFleet(rest);
  if (kind === 'aws' && Id.safeParse(rest).success) return awsFleet({ stack: rest });
  throw new Error(FLEET_FORMS);
}
