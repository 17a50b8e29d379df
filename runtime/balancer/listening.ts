import type { AddressInfo } from 'node:net';
import type { BalancerEnv } from './env';

/** The TCP port of a server that listens. */
export function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('not listening on a TCP port');
  return address.port;
}

/** @throws with the variable and the remedy when the port is in use. */
export async function taking(
  name: 'PORT' | 'PRIVATE_PORT',
  env: BalancerEnv,
  listening: Promise<unknown>,
): Promise<void> {
  try {
    await listening;
  } catch (cause) {
    if (typeof cause !== 'object' || cause === null || !('code' in cause) || cause.code !== 'EADDRINUSE') throw cause;
    throw new Error(`${name} ${env[name]} of ${env.HOST} is in use: stop what listens there, or set another`, {
      cause,
    });
  }
}
