import { PAGE_PROTOCOL, type PageHead, type Picture, type Update } from '../../core/protocol/page';

export interface StreamHandlers {
  readonly onPicture: (picture: Picture) => void;
  readonly onUpdate: (update: Update) => void;
  /** @param live whether updates come. */
  readonly onLink: (live: boolean) => void;
}

/** A push stream of the balancer's; the browser's `EventSource` is one. */
export interface Source {
  addEventListener(kind: string, take: (event: { readonly data: string }) => void): void;
  close(): void;
}

/** What is asked of the browser. */
export interface StreamBrowser {
  open(): Source;
  /** Whether there is a session; yes as well while nobody can say. Never rejects. */
  signedIn(): Promise<boolean>;
  /** Leads to where one signs in. */
  signIn(): void;
  /** Loads the page anew. */
  reload(): void;
}

/** Nothing came for this long, in milliseconds: the connection is broken, even if nobody has said so. */
const SILENT_MS = 4_000;

/** The pause before the next try, in milliseconds. */
const AGAIN_MS = 1_000;

/** Follows the balancer's push stream, and comes back to it for ever. Without a session it leads to where one signs in. */
export class Stream {
  readonly #browser: StreamBrowser;
  readonly #handlers: StreamHandlers;
  #source: Source | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(browser: StreamBrowser, handlers: StreamHandlers) {
    this.#browser = browser;
    this.#handlers = handlers;
    this.#open();
  }

  /** Asks for a whole picture: what came does not fit what is known. */
  restart(): void {
    this.#open();
  }

  /** One stream at a time, however many asked for it. */
  #open(): void {
    clearTimeout(this.#again);
    this.#source?.close();
    const source = this.#browser.open();
    this.#source = source;
    source.addEventListener('picture', ({ data }) => {
      const picture: Picture = JSON.parse(data);
      if (this.#heard(picture)) this.#handlers.onPicture(picture);
    });
    source.addEventListener('update', ({ data }) => {
      const update: Update = JSON.parse(data);
      if (this.#heard(update)) this.#handlers.onUpdate(update);
    });
    source.addEventListener('renew', () => this.restart());
    source.addEventListener('error', () => void this.#lost());
    this.#expect();
  }

  /** Whether it can be read. It comes from where this program came from; after a deploy that may be another version. */
  #heard({ v }: PageHead): boolean {
    if (v !== PAGE_PROTOCOL) {
      this.#browser.reload();
      return false;
    }
    this.#handlers.onLink(true);
    this.#expect();
    return true;
  }

  #expect(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => void this.#lost(), SILENT_MS);
  }

  async #lost(): Promise<void> {
    clearTimeout(this.#silence);
    const source = this.#source;
    source?.close();
    this.#handlers.onLink(false);
    const signedIn = await this.#browser.signedIn();
    // Somebody asked for a whole picture meanwhile: that one is followed.
    if (source !== this.#source) return;
    if (!signedIn) {
      this.#browser.signIn();
      return;
    }
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#open(), AGAIN_MS);
  }
}
