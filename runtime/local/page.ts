import type { Progress } from '../bees/progress';
import type { PageBees } from '../core/protocol/page';
import { sign } from '../dashboard/sessions';
import { parseMasterKeys } from '../tickets/keys';
import type { Secrets } from './secrets';

/** The live page of one balancer. */
export interface Page {
  /** Of the balancer. */
  readonly name: string;
  /** Its private port, e.g. `http://127.0.0.1:9090`. */
  readonly url: string;
  /** Opens the page without asking for the key, within an hour. */
  readonly link: string;
}

/** How long a balancer may take to hear of the bees, in milliseconds: the next word of them comes after a second. */
const TELL_LIMIT_MS = 900;

export function pageOf(name: string, port: number, stack: string, secrets: Pick<Secrets, 'masterKeys'>): Page {
  const url = `http://127.0.0.1:${port}`;
  const token = sign('link', stack, parseMasterKeys(secrets.masterKeys), Date.now());
  return { name, url, link: `${url}/sign-in?link=${token}` };
}

/** Tells the pages how far the bees are. Never rejects: a balancer that is down shows nothing. */
export async function tellPages(pages: readonly Page[], apiKey: string, progress: Progress): Promise<void> {
  const { players, connected, waiting, playing, finished, failed, rooms } = progress;
  const bees: PageBees = { players, connected, waiting, playing, finished, failed, rooms };
  const tell = ({ url }: Page) =>
    fetch(`${url}/bees`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(bees),
      signal: AbortSignal.timeout(TELL_LIMIT_MS),
    });
  await Promise.allSettled(pages.map(tell));
}
