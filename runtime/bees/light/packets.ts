/** What a node sends over Engine.IO 4 with Socket.IO 5, namespace `/`. */
export type Packet =
  /** Engine.IO's handshake: a ping comes within this time, in milliseconds, or the node is gone. */
  | { readonly kind: 'handshake'; readonly silentMs: number }
  | { readonly kind: 'ping' }
  | { readonly kind: 'engine-close' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'disconnected' }
  /** `ack` is null when none is wanted. */
  | { readonly kind: 'event'; readonly name: string; readonly args: unknown[]; readonly ack: string | null }
  /** Nothing to us: an answer that we did not ask for, another namespace. */
  | { readonly kind: 'other' }
  | { readonly kind: 'malformed' };

/** What a client sends. */
export const CONNECT = '40';
export const DISCONNECT = '41';
export const PONG = '3';

export function eventPacket(event: string, args: readonly unknown[]): string {
  return `42${JSON.stringify([event, ...args])}`;
}

export function ackPacket(id: string, args: readonly unknown[]): string {
  return `43${id}${JSON.stringify(args)}`;
}

/** Reads one packet; never throws. */
export function readPacket(text: string): Packet {
  switch (text[0]) {
    case '0':
      return handshake(text.slice(1));
    case '1':
      return { kind: 'engine-close' };
    case '2':
      return { kind: 'ping' };
    case '4':
      return message(text);
    default:
      return { kind: 'other' };
  }
}

function handshake(text: string): Packet {
  const { pingInterval, pingTimeout } = Object(parsed(text));
  if (typeof pingInterval !== 'number' || typeof pingTimeout !== 'number') return { kind: 'malformed' };
  return { kind: 'handshake', silentMs: pingInterval + pingTimeout };
}

function message(text: string): Packet {
  if (text[2] === '/') return { kind: 'other' };
  switch (text[1]) {
    case '0':
      return { kind: 'connected' };
    case '1':
      return { kind: 'disconnected' };
    case '2':
      return event(text);
    case '4':
      return { kind: 'refused', message: String(Object(parsed(text.slice(2))).message ?? 'refused') };
    case '3':
      return { kind: 'other' };
    default:
      // Binary events, which no node of ours sends.
      return { kind: 'malformed' };
  }
}

function event(text: string): Packet {
  const begin = text.indexOf('[');
  const id = text.slice(2, begin);
  const content = begin < 0 || !/^\d*$/.test(id) ? undefined : parsed(text.slice(begin));
  if (!Array.isArray(content)) return { kind: 'malformed' };
  const [name, ...args]: unknown[] = content;
  if (typeof name !== 'string') return { kind: 'malformed' };
  return { kind: 'event', name, args, ack: id === '' ? null : id };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
