import { io } from 'socket.io-client';
import { field, text } from './shape';
import type { OpenWire, WireFailure } from './wire';

/** The wire of socket.io-client: runs in browsers and in Node. */
export const socketIoWire: OpenWire = (endpoint, query, listener) => {
  // Reconnection is ours: socket.io would show the used ticket again.
  const socket = io(endpoint, { query, transports: ['websocket'], reconnection: false, forceNew: true });
  let opened = false;
  socket.on('connect_error', (error) => listener.onFail(failure(error)));
  socket.on('connect', () => {
    opened = true;
    listener.onOpen();
  });
  socket.on('disconnect', (reason) => {
    if (opened) listener.onClose(reason);
    else listener.onFail({ refused: false, message: `closed the connection (${reason})`, cause: undefined });
  });
  socket.onAny((event: string, ...args: unknown[]) => listener.onEvent(event, args));
  return {
    get connected() {
      return socket.connected;
    },
    emit: (event, args) => void socket.emit(event, ...args),
    disconnect: () => void socket.disconnect(),
  };
};

/** Node.js tells why a handshake failed, a browser does not: there every failure counts as unreachable. */
function failure(error: Error): WireFailure {
  const cause = field(error, 'description');
  const message = text(cause, 'message') ?? error.message;
  // socket.io sets `data` on what a middleware answered; `ws` names the status of a refused upgrade.
  const refused = Object.hasOwn(error, 'data') || /response: 4\d\d/.test(message);
  return { refused, message, cause: field(cause, 'error') ?? error };
}
