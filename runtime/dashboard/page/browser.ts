import type { StreamBrowser } from './stream';

/** What the stream needs of the browser. */
export const BROWSER: StreamBrowser = {
  open: () => new EventSource('/stream'),
  signedIn: async () => (await fetch('/session').catch(() => null))?.status !== 401,
  signIn: () => location.assign('/sign-in'),
  reload: () => location.reload(),
};
