import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Picture, Update } from '../core/protocol/page';
import { SECURITY_HEADERS } from './headers';

/** After this, in milliseconds, a browser that lost the stream asks for it again. */
const RETRY_MS = 1_000;

/** A stream ends after this, in milliseconds; the browser asks for the next one, and its session is looked at again. */
const LONGEST_MS = 600_000;

/** The most viewers at once: each takes a connection. */
const MOST_VIEWERS = 200;

interface Viewer {
  readonly response: ServerResponse;
  /** Monotonic, in milliseconds. */
  readonly untilMs: number;
  /** It missed an update: the next thing it gets is a whole picture. */
  behind: boolean;
}

/**
 * The browsers that watch, over Server-Sent Events: each gets the whole picture first (`picture`), then updates (`update`). Everything is
 * put into bytes once, whoever many watch. For one that does not read as fast nothing is queued: it gets the whole picture later.
 */
export class Viewers {
  readonly #viewers = new Set<Viewer>();
  #picture: Picture;
  #whole: Buffer | null = null;

  /** @param picture what the first viewer gets. */
  constructor(picture: Picture) {
    this.#picture = picture;
  }

  get count(): number {
    return this.#viewers.size;
  }

  /** Takes over the answer of a request. */
  add(reply: FastifyReply): void {
    reply.hijack();
    const response = reply.raw;
    // One that breaks off while it is written to is no failure of ours.
    response.on('error', () => undefined);
    if (this.#viewers.size >= MOST_VIEWERS) {
      response.writeHead(503, { 'retry-after': '10' }).end();
      return;
    }
    response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
    response.write(`retry: ${RETRY_MS}\n\n`);
    const viewer = { response, untilMs: performance.now() + LONGEST_MS, behind: false };
    response.write(this.#wholePicture());
    this.#viewers.add(viewer);
    response.once('close', () => this.#viewers.delete(viewer));
  }

  /**
   * @param update what leads from the last picture to this one.
   * @param nowMs monotonic, in milliseconds.
   */
  send(picture: Picture, update: Update, nowMs = performance.now()): void {
    this.#picture = picture;
    this.#whole = null;
    if (this.#viewers.size === 0) return;
    const news = message('update', update);
    for (const viewer of this.#viewers) {
      const { response } = viewer;
      if (nowMs > viewer.untilMs) this.#leave(viewer, 'event: renew\ndata:\n\n');
      else if (response.writableLength > 0) viewer.behind = true;
      else {
        response.write(viewer.behind ? this.#wholePicture() : news);
        viewer.behind = false;
      }
    }
  }

  close(): void {
    for (const viewer of this.#viewers) this.#leave(viewer);
  }

  /** Whoever has not even read what it got is cut off: else its connection would stay until it does. */
  #leave(viewer: Viewer, lastWords = ''): void {
    this.#viewers.delete(viewer);
    if (viewer.response.writableLength > 0) viewer.response.destroy();
    else viewer.response.end(lastWords);
  }

  #wholePicture(): Buffer {
    this.#whole ??= message('picture', this.#picture);
    return this.#whole;
  }
}

function message(event: 'picture' | 'update', data: object): Buffer {
  return Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
