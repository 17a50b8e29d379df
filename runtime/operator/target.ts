import { findRunning, runningPorts } from '../local/running';

/** The port of `npm start` when nothing else is said. */
const USUAL_PORT = 8_080;

/** Where to ask, and with which key. */
export interface Target {
  /** Addresses of balancers' private ports: either will do. */
  readonly urls: readonly string[];
  readonly apiKey: string;
}

export interface TargetOptions {
  readonly url?: string;
  readonly apiKey?: string;
  /** Port of the API of a local cluster. */
  readonly port?: number;
}

/**
 * What `--url` and `--api-key` say, else `REALTIME_URL` and `REALTIME_API_KEY`, else the cluster that runs on this machine.
 * @throws Error that says what is missing.
 */
export async function findTarget(
  options: TargetOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Target> {
  const url = options.url ?? (options.port === undefined ? env.REALTIME_URL : undefined);
  const apiKey = options.apiKey ?? env.REALTIME_API_KEY;
  if (url !== undefined) {
    if (!/^https?:$/.test(protocolOf(url))) throw new Error(`--url: ${url} is no address, as http://127.0.0.1:9090 is`);
    if (apiKey === undefined)
      throw new Error('--api-key (or REALTIME_API_KEY) is needed to ask a balancer by its address');
    return { urls: [url.replace(/\/+$/, '')], apiKey };
  }
  const ports = options.port === undefined ? await runningPorts() : [options.port];
  const usual = ports.includes(USUAL_PORT) ? [USUAL_PORT] : ports;
  if (usual.length > 1) {
    throw new Error(`Several local clusters run: say which by --port, one of ${usual.join(', ')}`);
  }
  const [port] = usual;
  if (port === undefined) {
    throw new Error(
      'No cluster runs on this machine: start one with "npm start", or name a balancer with --url and --api-key',
    );
  }
  const { operators, apiKey: localKey } = await findRunning(port);
  return { urls: operators, apiKey: apiKey ?? localKey };
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}
