/** One entry: HTTP status where the error is a REST answer, and the message's opening, which names the remedy. */
interface ErrorEntry {
  /** HTTP status; null for an error that only a socket sees. */
  readonly status: number | null;
  /** Whether the same request may succeed later: clients retry these with the same idempotency key, with jitter. */
  readonly retry: boolean;
  readonly message: string;
}

/**
 * Every error that a caller or a client can see. README.md, section "Errors", lists the same codes: a test compares the two.
 */
export const ERRORS = {
  INVALID: { status: 400, retry: false, message: 'The request is malformed' },
  UNAUTHORIZED: { status: 401, retry: false, message: 'Send an API key: "Authorization: Bearer <key>"' },
  MATCH_TOKEN_INVALID: {
    status: 403,
    retry: false,
    message: 'The match token is not valid for this room; use the match_token of ALL_CONNECTED as it came',
  },
  NOT_FOUND: { status: 404, retry: false, message: 'There is nothing here; see the protocol section of the README' },
  CLUSTER_UNKNOWN: { status: 404, retry: false, message: 'No such cluster' },
  NODE_UNKNOWN: { status: 404, retry: false, message: 'No such node' },
  PLAYER_UNKNOWN: { status: 404, retry: false, message: 'No node has such a player' },
  ROOM_UNKNOWN: { status: 404, retry: false, message: 'No such room' },
  METHOD_NOT_ALLOWED: { status: 405, retry: false, message: 'This path does not know this method' },
  ORDER_REFUSED: { status: 409, retry: false, message: 'The order cannot be carried out' },
  ROOM_CLOSED: {
    status: 410,
    retry: false,
    message: 'The room is over or was dissolved; enter the lobby again for a new one',
  },
  TOO_LARGE: { status: 413, retry: false, message: 'The body is larger than 64 KiB' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, retry: false, message: 'Send JSON with "Content-Type: application/json"' },
  WRONG_KEYS: { status: 429, retry: true, message: 'Too many wrong keys were shown; wait before the next' },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    retry: false,
    message: 'This Idempotency-Key was used for another request; take a new one for each request',
  },
  FULL: { status: 503, retry: true, message: 'Every node is full; more are being started' },
  BUSY: {
    status: 503,
    retry: true,
    message: 'The nodes are still taking in the last joins, or the room waits for its node',
  },
  NO_NODES: { status: 503, retry: true, message: 'No node is ready' },
  MAINTENANCE: { status: 503, retry: true, message: 'Maintenance: nobody is let in for now; games that run go on' },
  UNAVAILABLE: { status: 503, retry: true, message: 'The registry cannot be reached' },
  INTERNAL: { status: 500, retry: false, message: 'Something went wrong on our side; it has been logged' },
  // Socket errors: sent as the ERROR event, or as the reason of a refused handshake.
  TICKET_REQUIRED: {
    status: null,
    retry: false,
    message: 'Connect with a ticket from the API in the query: ?ticket=…',
  },
  TICKET_INVALID: { status: null, retry: false, message: 'The ticket is not valid; ask the API for a new one' },
  TICKET_EXPIRED: { status: null, retry: false, message: 'The ticket has expired; ask the API for a new one' },
  TICKET_USED: {
    status: null,
    retry: false,
    message: 'The ticket was used before; resume with the resume token, or ask for a new one',
  },
  WRONG_NODE: {
    status: null,
    retry: false,
    message: 'The ticket is for another node, or for an earlier start of this one',
  },
  RESUME_INVALID: { status: null, retry: false, message: 'The session is over; ask the API for a new ticket' },
  NODE_SEALED: { status: null, retry: false, message: 'This node takes no more players; ask the API for another' },
  NOT_READY: { status: null, retry: true, message: 'This node has not been found by a balancer yet' },
  REPLACED: { status: null, retry: false, message: 'The same player has connected again; this connection is closed' },
  KICKED: { status: null, retry: false, message: 'An operator has ended the session' },
  BAD_PAYLOAD: {
    status: null,
    retry: false,
    message: 'The payload does not fit the event; see the protocol section of the README',
  },
  RATE_LIMITED: { status: null, retry: true, message: 'Too many messages; the surplus is dropped' },
  WRONG_ROOM: { status: null, retry: false, message: 'The room is not the one that the ticket names' },
  NOT_IN_ROOM: { status: null, retry: false, message: 'Send CONNECT with the room first' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** An error from the table; `detail` says what exactly was wrong this time. */
export class FleetError extends Error {
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, extra: { detail?: string; field?: string; retryAfterMs?: number } = {}) {
    super(extra.detail === undefined ? ERRORS[code].message : `${ERRORS[code].message} (${extra.detail})`);
    this.name = 'FleetError';
    this.code = code;
    this.field = extra.field;
    this.retryAfterMs = extra.retryAfterMs;
  }
}
