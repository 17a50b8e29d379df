import type { Socket } from 'node:net';
import type { OpenWire, Wire, WireListener } from '../../client';
import { clientFrame, FrameReader, OPCODES } from './frames';
import { ackPacket, CONNECT, DISCONNECT, eventPacket, PONG, readPacket } from './packets';
import { dial, readBuffer, readUpgrade } from './upgrade';

/** How long a closed connection waits for the other side, in milliseconds. */
const CLOSING_MS = 5_000;

const PONG_FRAME = clientFrame(OPCODES.text, PONG);
const CLOSE_FRAME = clientFrame(OPCODES.close, '');

/**
 * A wire that costs a bee a fraction of socket.io-client: the same protocol on a bare socket, without what bees do not need (polling,
 * reconnection, binary events, other namespaces).
 * @param from addresses to connect from, in turn. @default the system's choice
 */
export function lightWires(from: readonly string[] = []): OpenWire {
  const buffer = readBuffer();
  let turn = 0;
  return (endpoint, query, listener) => {
    const address = from[turn++ % from.length];
    return new LightWire(listener, (onData) => dial(endpoint, query, buffer, onData, address));
  };
}

class LightWire implements Wire {
  readonly #listener: WireListener;
  readonly #socket: Socket;
  readonly #frames = new FrameReader((opcode, payload) => this.#onFrame(opcode, payload));
  /** Bytes of the answer to the upgrade until it is complete; null from then on. */
  #head: Buffer | null = Buffer.alloc(0);
  #state: 'opening' | 'open' | 'over' = 'opening';
  #silence: NodeJS.Timeout | undefined;

  constructor(listener: WireListener, open: (onData: (chunk: Buffer) => void) => Socket) {
    this.#listener = listener;
    this.#socket = open((chunk) => this.#onData(chunk));
    this.#socket.on('error', (error) => this.#lost('transport error', error));
    this.#socket.on('end', () => this.#lost('transport close'));
    this.#socket.on('close', () => {
      clearTimeout(this.#silence);
      this.#lost('transport close');
    });
  }

  get connected(): boolean {
    return this.#state === 'open';
  }

  emit(event: string, args: readonly unknown[]): void {
    if (this.connected) this.#send(eventPacket(event, args));
  }

  disconnect(): void {
    const before = this.#state;
    if (before === 'over') return;
    if (before === 'open') this.#send(DISCONNECT);
    this.#close();
    if (before === 'open') this.#listener.onClose('io client disconnect');
  }

  #onData(chunk: Buffer): void {
    try {
      if (this.#head === null) this.#frames.push(chunk);
      else this.#onHead(Buffer.concat([this.#head, chunk]));
    } catch (error) {
      this.#lost('parse error', error);
    }
  }

  #onHead(bytes: Buffer): void {
    const upgrade = readUpgrade(bytes);
    if (upgrade.kind === 'incomplete') this.#head = bytes;
    else if (upgrade.kind === 'failed') this.#fail(upgrade.refused, upgrade.message);
    else {
      this.#head = null;
      this.#frames.push(upgrade.rest);
    }
  }

  #onFrame(opcode: number, payload: Buffer): void {
    if (this.#state === 'over') return;
    if (opcode === OPCODES.text) this.#onPacket(payload.toString());
    else if (opcode === OPCODES.ping) this.#socket.write(clientFrame(OPCODES.pong, payload));
    else if (opcode === OPCODES.close) this.#lost('transport close');
    else if (opcode === OPCODES.binary) this.#lost('parse error');
  }

  #onPacket(text: string): void {
    const packet = readPacket(text);
    switch (packet.kind) {
      case 'handshake':
        this.#silence = setTimeout(() => this.#lost('ping timeout'), packet.silentMs);
        this.#send(CONNECT);
        break;
      case 'ping':
        this.#silence?.refresh();
        this.#socket.write(PONG_FRAME);
        break;
      case 'connected':
        this.#state = 'open';
        this.#listener.onOpen();
        break;
      case 'refused':
        this.#fail(true, packet.message);
        break;
      case 'event':
        this.#onEvent(packet.name, packet.args, packet.ack);
        break;
      case 'disconnected':
        this.#lost('io server disconnect');
        break;
      case 'engine-close':
        this.#lost('transport close');
        break;
      case 'malformed':
        this.#lost('parse error');
        break;
      case 'other':
    }
  }

  #onEvent(name: string, args: unknown[], ack: string | null): void {
    if (ack !== null) {
      args.push((...answer: unknown[]) => {
        if (this.connected) this.#send(ackPacket(ack, answer));
      });
    }
    this.#listener.onEvent(name, args);
  }

  #send(packet: string): void {
    this.#socket.write(clientFrame(OPCODES.text, packet));
  }

  /** Not by us. What was open is closed; what was not, could not be opened. */
  #lost(reason: string, cause?: unknown): void {
    if (this.#state === 'over') return;
    if (this.#state === 'opening') {
      this.#fail(false, cause instanceof Error ? cause.message : `closed the connection (${reason})`, cause);
    } else {
      this.#close();
      this.#listener.onClose(reason);
    }
  }

  #fail(refused: boolean, message: string, cause?: unknown): void {
    if (this.#state === 'over') return;
    this.#close();
    this.#listener.onFail({ refused, message, cause });
  }

  /** A peer that hangs must not hold the socket for ever. */
  #close(): void {
    this.#state = 'over';
    clearTimeout(this.#silence);
    if (this.#socket.destroyed) return;
    if (this.#head === null) this.#socket.write(CLOSE_FRAME);
    this.#socket.end();
    this.#silence = setTimeout(() => this.#socket.destroy(), CLOSING_MS).unref();
  }
}
