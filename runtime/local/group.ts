import { randomBytes } from 'node:crypto';
import type { GroupState, Instance } from '../fleet/port';
import { type Child, describeExit, type Exit, startChild } from './child';
import type { Guard } from './guard';

export interface GroupOptions {
  readonly cluster: string;
  /** The bundle that every node of the group runs, and its hash. */
  readonly file: string;
  readonly version: string;
  /** Nodes wanted at first. */
  readonly size: number;
  /** The most that it grows to. @default 64 */
  readonly maxSize?: number;
  /** The environment of one node, besides NODE_ID and VERSION. */
  readonly env: (nodeId: string) => Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly guard: Guard;
  readonly onLine: (nodeId: string, line: string, stream: 'stdout' | 'stderr') => void;
  readonly onMessage?: (nodeId: string, message: unknown) => void;
  /** What happened, in words. */
  readonly say: (line: string) => void;
  /** Hears what happens to each process. @default nobody */
  readonly onEvent?: (event: GroupEvent) => void;
  /** Where others reach a node that listens at `url`. @default there */
  readonly address?: (nodeId: string, url: string) => Promise<string>;
  /** Once it comes, no process is started any more. */
  readonly signal: AbortSignal;
}

/** `terminate`, `unhealthy`: its end was demanded, without and with a replacement. */
export interface GroupEvent {
  readonly kind: 'started' | 'terminate' | 'unhealthy' | 'ended';
  readonly cluster: string;
  readonly nodeId: string;
  readonly pid: number;
}

interface Member {
  readonly nodeId: string;
  readonly version: string;
  readonly zone: string;
  readonly launchedAtMs: number;
  readonly child: Child;
  /** Settles when it can be reached, or has ended before. */
  readonly ready: Promise<void>;
  endpoint: string | null;
  metrics: string | null;
  terminating: boolean;
}

const ZONES = ['local-a', 'local-b', 'local-c'];
const DEFAULT_MAX_SIZE = 64;

/** Who ends within this time of the start, in milliseconds, is replaced with a growing delay: a broken bundle must not keep the machine busy. */
const EARLY_MS = 5_000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;

/** How long a node may take to stop before it is killed, in milliseconds; programs give themselves up after 4 s. */
const STOP_LIMIT_MS = 4_500;

/** The size asked for is beyond what the group allows. */
export class GroupLimit extends Error {}

/**
 * Plays EC2 and an Auto Scaling group: keeps `desired` processes of one program running, over three zones. A process that ends
 * by itself is gone at once and replaced; one that is terminated is not; one that is reported unhealthy is killed and replaced.
 */
export class Group {
  readonly #options: GroupOptions;
  readonly #members = new Map<string, Member>();
  readonly #usedIds = new Set<string>();
  readonly #terminations = new Map<string, number>();
  #desired: number;
  #version: string;
  #rolls = 0;
  #launched = 0;
  #earlyEnds = 0;
  #delayed: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.#desired = options.size;
    this.#version = options.version;
  }

  /** Starts the nodes; resolves when all of them are ready, rejects when one ends before. */
  async start(): Promise<void> {
    this.#fill();
    await Promise.all(
      [...this.#members.values()].map((member) =>
        member.ready.catch((error: Error) => {
          throw new Error(`${member.nodeId} ${error.message}`);
        }),
      ),
    );
  }

  /** Every process that exists. The pid is for people, who try what happens when they kill one; so is the address of its metrics. */
  describe(): (Instance & { readonly pid: number; readonly version: string; readonly metrics?: string })[] {
    return [...this.#members.values()].map((member) => ({
      nodeId: member.nodeId,
      cluster: this.#options.cluster,
      endpoint: member.endpoint,
      zone: member.zone,
      launchedAtMs: member.launchedAtMs,
      state: member.terminating ? 'terminating' : member.endpoint === null ? 'pending' : 'running',
      pid: member.child.pid,
      ...(member.metrics === null ? {} : { metrics: member.metrics }),
      version: member.version,
    }));
  }

  state(): GroupState {
    return { cluster: this.#options.cluster, desired: this.#desired, wantedVersion: this.#version };
  }

  /** Processes started so far. */
  get launched(): number {
    return this.#launched;
  }

  /** The nodes that were ended on demand, and when that was demanded (Unix milliseconds). */
  get terminations(): ReadonlyMap<string, number> {
    return this.#terminations;
  }

  /** From now on nodes are to run a new version (in truth the same program under another name); what runs is left to the balancer. */
  roll(): string {
    this.#rolls += 1;
    this.#version = `${this.#options.version}-${this.#rolls}`;
    return this.#version;
  }

  /** @throws GroupLimit when more nodes are asked for than the group may have. */
  grow(size: number): void {
    const maxSize = this.#options.maxSize ?? DEFAULT_MAX_SIZE;
    if (size > maxSize) throw new GroupLimit(`${this.#options.cluster}: at most ${maxSize} nodes, not ${size}`);
    if (this.#ending || size <= this.#desired) return;
    this.#desired = size;
    this.#fill();
  }

  /** Ends this node and lowers the size by one; nothing when it does not exist or is on its way out already. */
  terminate(nodeId: string): void {
    const member = this.#members.get(nodeId);
    if (member === undefined || member.terminating) return;
    member.terminating = true;
    this.#terminations.set(nodeId, Date.now());
    this.#desired -= 1;
    this.#tell('terminate', member);
    void member.child.stop(STOP_LIMIT_MS);
  }

  /** Kills this node, and replaces it once it has ended; nothing when it does not exist or is on its way out already. */
  reportUnhealthy(nodeId: string): void {
    const member = this.#members.get(nodeId);
    if (member === undefined || member.terminating) return;
    member.terminating = true;
    this.#tell('unhealthy', member);
    member.child.kill();
  }

  /** Ends every node for good; what is left after the limit (in milliseconds) is killed. */
  async stop(limitMs: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#delayed);
    await Promise.all([...this.#members.values()].map((member) => member.child.stop(limitMs)));
  }

  get #ending(): boolean {
    return this.#stopped || this.#options.signal.aborted;
  }

  #fill(): void {
    if (this.#ending || this.#delayed !== undefined) return;
    const staying = [...this.#members.values()].filter((member) => !member.terminating).length;
    for (let missing = this.#desired - staying; missing > 0; missing -= 1) this.#launch();
  }

  #launch(): void {
    const options = this.#options;
    const nodeId = this.#newId();
    const version = this.#version;
    this.#launched += 1;
    const child = startChild({
      file: options.file,
      ...(options.args === undefined ? {} : { args: options.args }),
      env: { ...options.env(nodeId), NODE_ID: nodeId, VERSION: version },
      guard: options.guard,
      onLine: (line, stream) => options.onLine(nodeId, line, stream),
      onMessage: (message) => options.onMessage?.(nodeId, message),
    });
    const { address = async (_: string, url: string) => url } = options;
    const member: Member = {
      nodeId,
      version,
      zone: this.#emptiestZone(),
      launchedAtMs: Date.now(),
      child,
      ready: child.ready.then(async ({ port, metricsPort }) => {
        member.metrics = metricsPort === undefined ? null : `http://127.0.0.1:${metricsPort}/metrics`;
        member.endpoint = await address(nodeId, `http://127.0.0.1:${port}`);
      }),
      endpoint: null,
      metrics: null,
      terminating: false,
    };
    member.ready.catch(() => undefined);
    this.#members.set(nodeId, member);
    this.#tell('started', member);
    void child.exited.then((exit) => this.#ended(member, exit));
  }

  #ended(member: Member, exit: Exit): void {
    this.#members.delete(member.nodeId);
    this.#tell('ended', member);
    if (this.#ending) return;
    const early = !member.terminating && Date.now() - member.launchedAtMs < EARLY_MS;
    this.#earlyEnds = early ? this.#earlyEnds + 1 : 0;
    const delayMs = early ? Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#earlyEnds - 1)) : 0;
    const next = early ? `another starts in ${delayMs / 1000} s` : 'another starts';
    if (!member.terminating) this.#options.say(`${member.nodeId} has ended by itself (${describeExit(exit)}); ${next}`);
    if (early) this.#fillLater(delayMs);
    else this.#fill();
  }

  #fillLater(delayMs: number): void {
    clearTimeout(this.#delayed);
    this.#delayed = setTimeout(() => {
      this.#delayed = undefined;
      this.#fill();
    }, delayMs);
  }

  #tell(kind: GroupEvent['kind'], { nodeId, child: { pid } }: Member): void {
    this.#options.onEvent?.({ kind, cluster: this.#options.cluster, nodeId, pid });
  }

  #newId(): string {
    for (;;) {
      const id = `${this.#options.cluster}-${randomBytes(3).toString('hex')}`;
      if (this.#usedIds.has(id)) continue;
      this.#usedIds.add(id);
      return id;
    }
  }

  #emptiestZone(): string {
    const count = (zone: string) => [...this.#members.values()].filter((member) => member.zone === zone).length;
    return ZONES.reduce((best, zone) => (count(zone) < count(best) ? zone : best));
  }
}
