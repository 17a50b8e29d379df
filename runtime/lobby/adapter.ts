import Redis from 'ioredis';
import { createAdapter } from 'socket.io-redis';
import { STEADY } from '../registry/connection';
import { clusterTag } from '../registry/keys';

export interface LobbyAdapter {
  /** For `io.adapter(…)`. */
  readonly factory: ReturnType<typeof createAdapter>;
  /** False while Redis cannot be reached: what is published then would only pile up. */
  readonly isUp: () => boolean;
  close(): void;
}

/**
 * The socket.io Redis adapter of a stack's lobby nodes. At most once and no more than a fast path: everything that it
 * says is found out within a second without it.
 */
export function lobbyAdapter(url: string, stack: string, cluster: string): LobbyAdapter {
  const publisher = adapterConnection(url);
  const subscriber = adapterConnection(url);
  const beat = setInterval(() => void subscriber.ping(), PING_MS);
  return {
    factory: createAdapter(publisher, subscriber, { key: `${clusterTag(stack, cluster)}:socket.io` }),
    isUp: () => publisher.status === 'ready',
    close: () => {
      clearInterval(beat);
      publisher.disconnect();
      subscriber.disconnect();
    },
  };
}

/** How often the subscriber, which only listens, asks for an answer, in milliseconds: else it would not notice that nobody speaks any more. */
const PING_MS = 5_000;

/** How long a connection may take to close before it is cut, in milliseconds. */
const CLOSE_LIMIT_MS = 200;

/** The adapter waits for none of its commands: one that fails must not become an unhandled rejection, which ends the process. */
class UnwatchedRedis extends Redis {
  override sendCommand(...args: Parameters<Redis['sendCommand']>): unknown {
    const sent = super.sendCommand(...args);
    if (sent instanceof Promise) sent.catch(() => undefined);
    return sent;
  }
}

function adapterConnection(url: string): Redis {
  const redis = new UnwatchedRedis(url, {
    disconnectTimeout: CLOSE_LIMIT_MS,
    ...STEADY,
  });
  // The registry's connection reports the same trouble.
  redis.on('error', () => undefined);
  return redis;
}
