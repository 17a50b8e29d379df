import { defer, EMPTY, interval, map, type Observable, of, throwError, VirtualTimeScheduler } from 'rxjs';
import {
  type Autoscaler,
  type AutoscalerPorts,
  type ScalingEvent,
  type Stored,
  startAutoscaler,
} from '../../../runtime/autoscaler';
import type { ScalingConfig } from '../../../runtime/core/config/scaling';
import type { ClusterSnapshot, NodeSnapshot } from '../../../runtime/core/snapshot';

export const SECOND = 1_000;
const CLUSTER = 'game';

interface WorldNode {
  readonly nodeId: string;
  readonly launchedMs: number;
  phase: NodeSnapshot['phase'];
  health: NodeSnapshot['health'];
  sessions: number;
  pending: number;
  version: string;
}

/** A cluster in virtual time behind the ports of the autoscaler; what the tests want to go wrong they replace in `ports`. */
export class World {
  readonly scheduler = new VirtualTimeScheduler(undefined, Number.POSITIVE_INFINITY);
  readonly nodes = new Map<string, WorldNode>();
  readonly events: ScalingEvent[] = [];
  /** Every call of a port, in order. */
  readonly calls: string[] = [];
  readonly suspended = new Set<string>();
  readonly ports: { -readonly [K in keyof AutoscalerPorts]: AutoscalerPorts[K] };
  /** Called each second, before the nodes are looked at. */
  everySecond: () => void = () => {};
  massFailure = false;
  /** The registry does not know of reservations. */
  pendingUnknown = false;
  silent = false;
  epoch: number | null = 1;
  bootMs = 60 * SECOND;
  capacity = 100;
  desired = 0;
  wantedVersion = 'v1';
  /** Joins refused since the autoscaler last asked. */
  refused = 0;
  readonly stored = { state: null as string | null, outAtMs: 0 as number | null, inAtMs: 0 as number | null };
  #serial = 0;

  constructor(nodes: number) {
    for (let i = 0; i < nodes; i++) this.launch('green');
    this.desired = nodes;
    const ago = (atMs: number | null): number | null => (atMs === null ? null : this.scheduler.now() - atMs);
    this.ports = {
      fleet: {
        group: () => of({ desired: this.desired, wantedVersion: this.wantedVersion }),
        grow: (_, size) => this.call(`grow ${size}`, () => this.grow(size)),
        terminate: (_, nodeId) => this.call(`terminate ${nodeId}`, () => this.end(nodeId, 1)),
        reportUnhealthy: (_, nodeId) => this.call(`replace ${nodeId}`, () => this.end(nodeId, 0)),
      },
      orders: {
        order: (_, nodeId, { kind }) =>
          defer(() => {
            this.calls.push(`${kind} ${nodeId}`);
            return of(this.obey(nodeId, kind));
          }),
      },
      gate: { suspend: (_, nodeId) => this.call(`suspend ${nodeId}`, () => this.suspended.add(nodeId)) },
      store: {
        load: () =>
          defer(() => {
            const { refused } = this;
            this.refused = 0;
            const { state, outAtMs, inAtMs } = this.stored;
            return of<Stored>({ state, outAgoMs: ago(outAtMs), inAgoMs: ago(inAtMs), refused });
          }),
        save: (_, { state, stamps }) =>
          defer(() => {
            this.stored.state = state;
            if (stamps.includes('out')) this.stored.outAtMs = this.scheduler.now();
            if (stamps.includes('in')) this.stored.inAtMs = this.scheduler.now();
            return EMPTY;
          }),
      },
      ownership: { epoch: () => this.epoch },
      events: { emit: (event) => this.events.push(event) },
    };
  }

  start(config: ScalingConfig): Autoscaler {
    const snapshots$ = interval(SECOND, this.scheduler).pipe(map(() => this.snapshot()));
    return startAutoscaler({
      clusters: new Map([[CLUSTER, config]]),
      snapshots$: this.silent ? EMPTY : snapshots$,
      ports: this.ports,
      scheduler: this.scheduler,
    });
  }

  /** Lets the time pass. */
  run(seconds: number): void {
    this.scheduler.maxFrames = this.scheduler.now() + seconds * SECOND;
    this.scheduler.flush();
  }

  /** Spreads these players over the open green nodes. */
  spread(players: number): void {
    const open = this.open();
    open.forEach((node, i) => {
      node.sessions = Math.floor(players / open.length) + (i < players % open.length ? 1 : 0);
    });
  }

  open(): WorldNode[] {
    return [...this.nodes.values()].filter(({ health, phase }) => health === 'green' && phase === 'open');
  }

  kinds(): string[] {
    return this.events.map(({ kind }) => kind);
  }

  private launch(health: NodeSnapshot['health']): void {
    const nodeId = `n${this.#serial++}`;
    const launchedMs = this.scheduler.now();
    const version = this.wantedVersion;
    this.nodes.set(nodeId, { nodeId, launchedMs, phase: 'open', health, sessions: 0, pending: 0, version });
  }

  snapshot(): ClusterSnapshot {
    const nowMs = this.scheduler.now();
    for (const node of this.nodes.values()) {
      if (node.health === 'booting' && nowMs - node.launchedMs >= this.bootMs) node.health = 'green';
    }
    this.everySecond();
    return {
      cluster: CLUSTER,
      atMs: nowMs,
      massFailure: this.massFailure,
      nodes: [...this.nodes.values()].map((node) => this.seen(node)),
    };
  }

  private seen({ nodeId, launchedMs, phase, health, sessions, pending, version }: WorldNode): NodeSnapshot {
    const up = health !== 'booting';
    return {
      nodeId,
      startId: up ? 's' : null,
      endpoint: 'http://127.0.0.1:1',
      zone: 'a',
      version: up ? version : '',
      health,
      phase,
      connections: sessions,
      sessions,
      pending: this.pendingUnknown ? 0 : pending,
      capacity: up ? this.capacity : 0,
      weight: this.capacity,
      window: 64,
      loopDelayMs: 0,
      rssBytes: 0,
      launchedAtMs: launchedMs,
      silentMs: 0,
    };
  }

  private call(name: string, effect: () => unknown): Observable<unknown> {
    return defer(() => {
      this.calls.push(name);
      effect();
      return EMPTY;
    });
  }

  private grow(size: number): void {
    while (this.desired < size) {
      this.desired += 1;
      this.launch('booting');
    }
  }

  private end(nodeId: string, decrement: number): void {
    if (!this.nodes.delete(nodeId)) return;
    this.desired -= decrement;
    if (decrement === 0) this.launch('booting');
  }

  /** The agent's rules. */
  private obey(
    nodeId: string,
    kind: string,
  ): { ok: true; phase: WorldNode['phase']; sessions: number } | { ok: false; code: string; message: string } {
    const node = this.nodes.get(nodeId);
    if (node === undefined) throw new Error('no channel');
    if (kind === 'seal' && node.phase !== 'sealed') {
      if (node.phase !== 'draining') return { ok: false, code: 'NOT_DRAINING', message: 'drain it first' };
      if (node.sessions > 0) return { ok: false, code: 'NOT_EMPTY', message: 'sessions remain' };
      node.phase = 'sealed';
    }
    if (kind === 'drain') node.phase = 'draining';
    if (kind === 'undrain') node.phase = 'open';
    return { ok: true, phase: node.phase, sessions: node.sessions };
  }
}

/** A port that always fails. */
export function failing(message: string): () => Observable<never> {
  return () => throwError(() => new Error(message));
}
