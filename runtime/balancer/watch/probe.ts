import type { AnyOrder, HelloReply, OrderReply, StatsReply } from '../../core/protocol/agent';
import type { Instance } from '../../fleet/port';

/** How a balancer asks one node; the adapter for socket.io is `agent-probe.ts`, others answer the same questions. */
export interface Probe {
  /** What the node said of itself when the channel opened; null while there is no channel. */
  readonly hello: HelloReply | null;
  /** Asks for the state since the last answer. Rejects when no valid answer came within `timeoutMs`. */
  poll(timeoutMs: number): Promise<StatsReply>;
  /** The next answer holds everything again (`full`): what came before was not written down, or not by us. */
  resync(): void;
  /** Gives an order. Rejects when no answer came within `timeoutMs`: the order may or may not have been carried out. */
  order(order: AnyOrder, timeoutMs: number): Promise<OrderReply>;
  /** Closes the channel; later calls reject. */
  close(): void;
}

/** Opens a channel to an instance and keeps it open (reconnecting with backoff); `onLost` fires when an open channel breaks. */
export type ProbeFactory = (instance: Instance & { readonly endpoint: string }, onLost: () => void) => Probe;
