/** What carries a connection to a node: Socket.IO over a WebSocket, namespace `/`. */
export interface Wire {
  /** Open just now. */
  readonly connected: boolean;
  /** Sends an event; dropped when the wire is not open. */
  emit(event: string, args: readonly unknown[]): void;
  /** Leaves on purpose; an open wire says `onClose('io client disconnect')` at once. */
  disconnect(): void;
}

/** Why a wire could not be opened. */
export interface WireFailure {
  /** The node answered, and refused; otherwise it could not be reached. */
  readonly refused: boolean;
  readonly message: string;
  readonly cause: unknown;
}

/** What a wire tells. Either `onFail` once, or `onOpen` once and later `onClose` once. */
export interface WireListener {
  onOpen(): void;
  onFail(failure: WireFailure): void;
  /**
   * `reason` is one of socket.io's: `io server disconnect`, `io client disconnect`, `ping timeout`, `transport close`,
   * `transport error`, `parse error`.
   */
  onClose(reason: string): void;
  /** The last argument is a function when the node wants an acknowledgement. */
  onEvent(event: string, args: readonly unknown[]): void;
}

/** Opens a wire to a node's endpoint; `query` goes into the handshake. It never reconnects by itself. */
export type OpenWire = (endpoint: string, query: Readonly<Record<string, string>>, listener: WireListener) => Wire;
