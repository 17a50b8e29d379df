import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PAGE_PROTOCOL } from '../../../../runtime/core/protocol/page';
import { type Source, Stream } from '../../../../runtime/dashboard/page/stream';

/** A push stream by hand. */
class PlayedSource implements Source {
  readonly #takers = new Map<string, (event: { readonly data: string }) => void>();
  closed = false;

  addEventListener(kind: string, take: (event: { readonly data: string }) => void): void {
    this.#takers.set(kind, take);
  }

  close(): void {
    this.closed = true;
  }

  say(kind: string, data: object = {}): void {
    this.#takers.get(kind)?.({ data: JSON.stringify(data) });
  }
}

function played() {
  const sources: PlayedSource[] = [];
  const asked: ((signedIn: boolean) => void)[] = [];
  const done: string[] = [];
  const stream = new Stream(
    {
      open: () => {
        const source = new PlayedSource();
        sources.push(source);
        return source;
      },
      signedIn: () => new Promise((resolve) => asked.push(resolve)),
      signIn: () => done.push('signIn'),
      reload: () => done.push('reload'),
    },
    {
      onPicture: () => done.push('picture'),
      onUpdate: () => done.push('update'),
      onLink: (live) => done.push(live ? 'live' : 'lost'),
    },
  );
  return { stream, sources, asked, done, open: () => sources.filter(({ closed }) => !closed) };
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('the stream of the page', () => {
  it('comes back a second after it was lost, be it said or by silence', async () => {
    const { sources, asked, done, open } = played();
    sources[0]?.say('picture', { v: PAGE_PROTOCOL });
    sources[0]?.say('error');
    asked[0]?.(true);
    await jest.advanceTimersByTimeAsync(999);
    expect(open()).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(open()).toEqual([sources[1]]);
    await jest.advanceTimersByTimeAsync(4_000);
    asked[1]?.(true);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(open()).toEqual([sources[2]]);
    expect(done).toEqual(['live', 'picture', 'lost', 'lost']);
  });

  it('is one only, although a whole picture is asked for while it looks for its session', async () => {
    const { stream, sources, asked, open } = played();
    sources[0]?.say('error');
    stream.restart();
    asked[0]?.(true);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(sources).toHaveLength(2);
    expect(open()).toEqual([sources[1]]);
  });

  it('is one only, although a whole picture is asked for in the pause before the next try', async () => {
    const { stream, sources, asked, open } = played();
    sources[0]?.say('error');
    asked[0]?.(true);
    await jest.advanceTimersByTimeAsync(500);
    stream.restart();
    await jest.advanceTimersByTimeAsync(2_000);
    expect(sources).toHaveLength(2);
    expect(open()).toEqual([sources[1]]);
  });

  it('leads to the sign-in without a session, and loads the page of another version', async () => {
    const { sources, asked, done } = played();
    sources[0]?.say('update', { v: PAGE_PROTOCOL + 1 });
    sources[0]?.say('error');
    asked[0]?.(false);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(done).toEqual(['reload', 'lost', 'signIn']);
    expect(sources).toHaveLength(1);
  });
});
