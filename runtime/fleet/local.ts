import type { z } from 'zod';
import { DoneReply, FaultReply, GroupReply, InstancesReply } from './local-protocol';
import { type Fleet, FleetRefusal } from './port';

interface LocalFleetOptions {
  /** Time limit of one request, in milliseconds. @default 2_000 */
  readonly timeoutMs?: number;
}

/**
 * The fleet of the local cluster: asks the supervisor's control API (`runtime/local/control.ts`).
 * @param url where it listens, with its token as the password: `http://:TOKEN@127.0.0.1:PORT`.
 * @throws when the URL is not one. The methods reject when the supervisor does not answer in time, refuses, or answers nonsense.
 */
export function localFleet(url: string, options: LocalFleetOptions = {}): Fleet {
  const base = parseUrl(url);
  const authorization = `Bearer ${decodeURIComponent(base.password)}`;
  const timeoutMs = options.timeoutMs ?? 2_000;

  async function ask<T>(
    method: 'GET' | 'POST',
    path: string,
    schema: z.ZodType<T>,
    { body = {}, limit }: { readonly body?: object; readonly limit?: AbortSignal | undefined } = {},
  ): Promise<T> {
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(new URL(path, base.origin), {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(limit === undefined ? [] : [limit])]),
      });
      answer = await response.json();
    } catch (error) {
      throw new Error(`The local supervisor at ${base.origin} did not answer ${method} ${path}`, { cause: error });
    }
    if (!response.ok) {
      const fault = FaultReply.safeParse(answer);
      const why = fault.success ? fault.data.error.message : `status ${response.status}`;
      throw new FleetRefusal(`The local supervisor refused ${method} ${path}: ${why}`);
    }
    const parsed = schema.safeParse(answer);
    if (!parsed.success) throw new Error(`The local supervisor answered ${method} ${path} with something else`);
    return parsed.data;
  }

  const cluster = (name: string) => `/clusters/${encodeURIComponent(name)}`;
  const instance = (name: string, nodeId: string) => `${cluster(name)}/instances/${encodeURIComponent(nodeId)}`;
  return {
    describe: async (name) => (await ask('GET', `${cluster(name)}/instances`, InstancesReply)).instances,
    group: (name) => ask('GET', cluster(name), GroupReply),
    grow: async (name, size, limit) => {
      await ask('POST', `${cluster(name)}/grow`, DoneReply, { body: { size }, limit });
    },
    terminate: async (name, nodeId, limit) => {
      await ask('POST', `${instance(name, nodeId)}/terminate`, DoneReply, { limit });
    },
    reportUnhealthy: async (name, nodeId, limit) => {
      await ask('POST', `${instance(name, nodeId)}/unhealthy`, DoneReply, { limit });
    },
  };
}

function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || parsed.protocol !== 'http:') {
    throw new Error('The local fleet needs the URL of the supervisor: http://:TOKEN@127.0.0.1:PORT');
  }
  return parsed;
}
