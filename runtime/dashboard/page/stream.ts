import { PAGE_PROTOCOL, type PageHead, type Picture, type Update } from '../../core/protocol/page';

export interface StreamHandlers {
  readonly onPicture: (picture: Picture) => void;
  readonly onUpdate: (update: Update) => void;
  /** @param live whether updates come. */
  readonly onLink: (live: boolean) => void;
}

/** Nothing came for this long, in milliseconds: the connection is broken, even if nobody has said so. */
const SILENT_MS = 4_000;

/** The pause before the next try, in milliseconds. */
const AGAIN_MS = 1_000;

/** Follows the balancer's push stream, and comes back to it for ever. Without a session it leads to where one signs in. */
export class Stream {
  readonly #handlers: StreamHandlers;
  #source: EventSource | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(handlers: StreamHandlers) {
    this.#handlers = handlers;
    this.#open();
  }

  /** Asks for a whole picture: what came does not fit what is known. */
  restart(): void {
    this.#source?.close();
    this.#open();
  }

  #open(): void {
    const source = new EventSource('/stream');
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
      location.reload();
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
    this.#source?.close();
    this.#handlers.onLink(false);
    const session = await fetch('/session').catch(() => null);
    if (session?.status === 401) {
      location.assign('/sign-in');
      return;
    }
    setTimeout(() => this.#open(), AGAIN_MS);
  }
}
