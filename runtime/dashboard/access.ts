import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { keyCheck } from '../api/auth';
import { FleetError } from '../core/errors';
import type { MasterKey } from '../tickets/keys';
import { isForeign, SECURITY_HEADERS } from './headers';
import { isValid, SESSION_SECONDS, sign } from './sessions';
import { WrongKeys } from './wrong-keys';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whoever reaches the private port may ask this without key or session. @default false */
    readonly open?: boolean;
  }
}

export interface AccessOptions {
  readonly stack: string;
  /** As they are now: both kinds change while the balancer runs. */
  readonly keys: () => { readonly masterKeys: readonly MasterKey[]; readonly apiKeys: readonly string[] };
}

/** Where one signs in. */
export const SIGN_IN = '/sign-in';

const COOKIE = 'realtime_session';
const COOKIE_RULES = 'HttpOnly; SameSite=Strict; Path=/';

/** Who may ask what on the private port: holders of an API key, and browsers that have shown one and have a session since. */
export class Access {
  readonly #options: AccessOptions;
  readonly #checkKey: (authorization: string | undefined) => void;
  readonly #wrongKeys = new WrongKeys();

  /** @throws Error when there is no usable API key. */
  constructor(options: AccessOptions) {
    this.#options = options;
    this.#checkKey = keyCheck(() => options.keys().apiKeys);
  }

  /** From now on every route asks for a key or a session, unless its `config` says `open`; every answer has the security headers. */
  guard(app: FastifyInstance): void {
    app.addHook('onRequest', async (request, reply) => {
      reply.headers(SECURITY_HEADERS);
      if (request.routeOptions.config.open === true || this.hasSession(request)) return;
      if (request.headers.authorization === undefined && wantsPage(request)) return reply.redirect(SIGN_IN, 303);
      await this.checkKey(request.headers.authorization);
    });
    app.addHook('onClose', async () => this.#wrongKeys.stop());
  }

  /** @throws FleetError UNAUTHORIZED, after a while; WRONG_KEYS while somebody guesses. */
  async checkKey(authorization: string | undefined): Promise<void> {
    if (authorization !== undefined) this.#wrongKeys.admit();
    try {
      this.#checkKey(authorization);
    } catch (error) {
      if (authorization !== undefined) await this.#wrongKeys.turn();
      throw error;
    }
  }

  /** Whether the request comes from a page of ours, with a session. */
  hasSession({ method, headers }: FastifyRequest): boolean {
    const token = cookie(headers.cookie);
    if (token === undefined || isForeign(method, headers)) return false;
    return isValid('session', this.#options.stack, this.#options.keys().masterKeys, token);
  }

  isLink(token: string): boolean {
    return isValid('link', this.#options.stack, this.#options.keys().masterKeys, token);
  }

  /** Gives the browser a session. Without `Secure`: the port speaks plain HTTP, and is reached through a tunnel to the own machine. */
  begin(reply: FastifyReply): FastifyReply {
    const token = sign('session', this.#options.stack, this.#options.keys().masterKeys, Date.now());
    return reply.header('set-cookie', `${COOKIE}=${token}; ${COOKIE_RULES}; Max-Age=${SESSION_SECONDS}`);
  }

  end(reply: FastifyReply): FastifyReply {
    return reply.header('set-cookie', `${COOKIE}=; ${COOKIE_RULES}; Max-Age=0`);
  }
}

/** @throws FleetError UNAUTHORIZED. */
export function refuseForeign({ method, headers }: FastifyRequest): void {
  if (isForeign(method, headers)) {
    throw new FleetError('UNAUTHORIZED', { detail: 'sent by a page of another origin', field: 'header.origin' });
  }
}

function wantsPage({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && /\btext\/html\b/.test(headers.accept ?? '');
}

function cookie(header: string | undefined): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [name, value] = pair.trim().split('=');
    if (name === COOKIE) return value;
  }
  return undefined;
}
