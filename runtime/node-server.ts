import { readFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import { watchedFiles } from './watched-files';

/** Connections that the kernel holds for us: a whole wave of players may come at once. */
const BACKLOG = 4_096;

/** How long the stop waits for connections to close properly, in milliseconds. */
const CLOSE_WITHIN_MS = 1_000;

/** PEM files; both may be the same one. */
export interface TlsFiles {
  /** The certificate, and those up to an authority that clients know. */
  readonly cert: string;
  readonly key: string;
}

/** What the environment says of TLS; undefined: none. */
export function tlsFiles(env: { TLS_CERT?: string | undefined; TLS_KEY?: string | undefined }): TlsFiles | undefined {
  if (env.TLS_CERT !== undefined) return { cert: env.TLS_CERT, key: env.TLS_KEY ?? env.TLS_CERT };
  if (env.TLS_KEY === undefined) return undefined;
  throw new Error('TLS_KEY is set without TLS_CERT: name the file of the certificate, too');
}

/**
 * The server of a node, not listening yet: over TLS when it is given files. When these change, new connections get the new
 * certificate, and those that are open go on; files that are wrong or missing are complained about, and the last certificate serves.
 * @throws when the files are wrong at the start.
 */
export async function nodeServer(
  answer: RequestListener,
  tls: TlsFiles | undefined,
  log: Pick<Logger, 'info' | 'error'> | undefined,
): Promise<{ readonly http: HttpServer; unfollow(): void }> {
  if (tls === undefined) return { http: createServer(answer), unfollow: () => undefined };
  let current = await readPair(tls).catch((cause: Error) => {
    throw new Error(`TLS_CERT, TLS_KEY: ${cause.message}`, { cause });
  });
  const http = createTlsServer(current, answer);
  const unfollow = await watchedFiles([tls.cert, tls.key], async () => {
    try {
      const pair = await readPair(tls);
      if (pair.cert === current.cert && pair.key === current.key) return;
      http.setSecureContext(pair);
      current = pair;
      log?.info({ file: tls.cert }, 'new connections get the new certificate');
    } catch (error) {
      log?.error({ err: error, ...tls }, 'the certificate or its key is not usable; the last ones serve');
    }
  });
  return { http, unfollow };
}

/** Rejects when one is missing, or they do not belong to each other. */
async function readPair({ cert: certFile, key: keyFile }: TlsFiles): Promise<{ cert: string; key: string }> {
  const [cert, key] = await Promise.all([certFile, keyFile].map((file) => readFile(file, 'utf8')));
  const pair = { cert: cert ?? '', key: key ?? '' };
  createSecureContext(pair);
  return pair;
}

/** Listens on a port, 0 for any free one; the port that was taken. Rejects when it cannot be had. */
export function listen(server: HttpServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Closes a socket.io server with all its connections. A peer that answers no more must not hold up the stop. */
export async function close(io: Server, server: HttpServer): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_WITHIN_MS);
  });
  await Promise.race([io.close(), late]);
  clearTimeout(timer);
  server.closeAllConnections();
}
