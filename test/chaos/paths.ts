import { type ProxyTarget, TcpProxy } from '../support/tcp-proxy';
import { comesFrom, type Door, openDoor } from './door';
import type { Recorder } from './recorder';
import { agentTap, fleetTap, registryTap } from './taps';

/** Who connects to nodes. */
const VISITORS = ['balancer-a', 'balancer-b', 'players'] as const;

/** Every connection between the parts of a local cluster leads through a proxy; here are they all, by `FROM→TO`. */
export class Paths {
  readonly #recorder: Pick<Recorder, 'add'>;
  readonly #proxies = new Map<string, TcpProxy>();
  readonly #doors = new Map<string, Door>();
  /** The balancer that now runs on a machine. */
  readonly #runs: (machine: string) => string;

  constructor(recorder: Pick<Recorder, 'add'>, runs: (machine: string) => string) {
    this.#recorder = recorder;
    this.#runs = runs;
  }

  /** The proxies between two parts; a part may be `balancers`, both. Empty when there is nothing between them. */
  between(from: string, to: string): TcpProxy[] {
    const ends = (part: string) => (part === 'balancers' ? ['balancer-a', 'balancer-b'] : [part]);
    const names = ends(from).flatMap((one) => ends(to).map((other) => `${one}→${other}`));
    return names.flatMap((name) => this.#proxies.get(name) ?? []);
  }

  /** For `ClusterOptions.route`. */
  async route(from: string, to: string, address: string): Promise<string> {
    if (from === 'everybody') return await this.#toNode(to, address);
    if (address.startsWith('/')) {
      const tap = from === 'lobby' ? undefined : () => registryTap(() => this.#runs(from), this.#recorder);
      const proxy = await this.#open(from, to, { path: address }, tap);
      return `redis://127.0.0.1:${proxy.port}`;
    }
    const url = new URL(address);
    const tap = to === 'fleet' ? () => fleetTap(() => this.#runs(from), this.#recorder) : undefined;
    const proxy = await this.#open(from, to, { port: Number(url.port) }, tap);
    url.port = String(proxy.port);
    return url.href;
  }

  /** A node has gone. */
  async closeNode(nodeId: string): Promise<void> {
    this.#doors.get(nodeId)?.close();
    this.#doors.delete(nodeId);
    for (const visitor of VISITORS) await this.#close(`${visitor}→${nodeId}`);
  }

  async close(): Promise<void> {
    for (const nodeId of [...this.#doors.keys()]) await this.closeNode(nodeId);
    for (const name of [...this.#proxies.keys()]) await this.#close(name);
  }

  async #toNode(nodeId: string, address: string): Promise<string> {
    const target = { port: Number(new URL(address).port) };
    const ports = new Map<string, number>();
    for (const visitor of VISITORS) {
      const tap = visitor === 'players' ? undefined : () => agentTap(nodeId, this.#recorder);
      ports.set(visitor, (await this.#open(visitor, nodeId, target, tap)).port);
    }
    const door = await openDoor((head) => ports.get(comesFrom(head)) ?? 0);
    this.#doors.set(nodeId, door);
    return `http://127.0.0.1:${door.port}`;
  }

  async #open(from: string, to: string, target: ProxyTarget, tap?: Parameters<typeof TcpProxy.start>[1]) {
    const proxy = await TcpProxy.start(target, tap);
    this.#proxies.set(`${from}→${to}`, proxy);
    return proxy;
  }

  async #close(name: string): Promise<void> {
    const proxy = this.#proxies.get(name);
    this.#proxies.delete(name);
    await proxy?.close();
  }
}
