import { join } from 'node:path';
import { bundle } from '../../runtime/bundle';
import { ScalingConfig } from '../../runtime/core/config/scaling';
import { type LocalCluster, startCluster } from '../../runtime/local/cluster';
import type { GroupEvent } from '../../runtime/local/group';
import { type Guard, startGuard } from '../../runtime/local/guard';
import { localScaling } from '../../runtime/local/scaling';
import { balancerEvent } from './balancer-log';
import { isMachine, machineOf } from './door';
import { Machines } from './machines';
import { Paths } from './paths';
import type { Recorder } from './recorder';
import { RedisWatch } from './redis-watch';

export interface WorldOptions {
  readonly recorder: Recorder;
  /** For the programs: they must not change while they run. */
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Gives up the start. */
  readonly signal: AbortSignal;
}

/** A process that runs now. */
export interface Running {
  readonly nodeId: string;
  readonly pid: number;
}

/** So that a node's death and its end both happen within a run: production has 30 s. */
const RED_AFTER_MS = 8_000;
/** What the local cluster has by default, in milliseconds. */
const GRACE_MS = 15_000;
const POLL_MS = 1_000;
const ROOM_SIZE = 4;

const KEY = 'chaos';
const SIZES = { lobby: 3, game: 4 };
/** Few enough that the fleets grow and shrink with two hundred players. */
const CAPACITY = { lobby: 60, game: 60 };
const MAXIMUM = { lobby: 6, game: 8 };

/** A local cluster whose every connection leads through a proxy, with all that is seen of it written down. */
export class World {
  readonly recorder: Recorder;
  readonly paths: Paths;
  readonly machines: Machines;
  readonly cluster: LocalCluster;
  readonly #redis: RedisWatch;
  readonly #guard: Guard;

  private constructor(parts: Pick<World, 'recorder' | 'paths' | 'machines' | 'cluster'>, guard: Guard) {
    this.recorder = parts.recorder;
    this.paths = parts.paths;
    this.machines = parts.machines;
    this.cluster = parts.cluster;
    this.#guard = guard;
    this.#redis = new RedisWatch(this.cluster.redis.url, ['lobby', 'game'], this.recorder);
  }

  /** Resolves when every node is green. */
  static async start({ recorder, folder, say, signal }: WorldOptions): Promise<World> {
    const guard = startGuard();
    const machines = new Machines();
    const paths = new Paths(recorder, (machine) => machines.runs(machine));
    const scaling = ScalingConfig.parse(localScaling({ minimum: 1, maximum: 2, capacity: 1, movable: false }));
    recorder.add({
      kind: 'begin',
      ...{ redAfterMs: RED_AFTER_MS, graceMs: GRACE_MS, pollMs: POLL_MS, roomSize: ROOM_SIZE },
      ...{ inCooldownMs: scaling.in.cooldownMs, outCooldownMs: scaling.out.cooldownMs },
    });
    const onProcess = ({ kind, cluster, nodeId, pid }: GroupEvent): void => {
      recorder.add({ kind: 'process', what: kind, group: cluster, nodeId });
      if (kind === 'started' && isMachine(cluster)) machines.started(cluster, nodeId, pid);
      if (kind === 'ended') void paths.closeNode(nodeId);
    };
    try {
      const cluster = await startCluster({
        sizes: SIZES,
        capacity: CAPACITY,
        maximum: MAXIMUM,
        port: 0,
        settings: { RED_AFTER_MS: String(RED_AFTER_MS) },
        apiKey: KEY,
        verbose: false,
        bundle: () => bundle(join(folder, 'dist')),
        guard,
        terminal: { say: (...lines: readonly string[]) => lines.forEach(say) },
        route: (from, to, address) => paths.route(from, to, address),
        onProcess,
        onLine: (nodeId, line) => {
          const event = machineOf(nodeId) === null ? null : balancerEvent(line);
          if (event !== null) recorder.add({ kind: 'event', by: nodeId, ...event });
        },
        signal,
      });
      return new World({ recorder, paths, machines, cluster }, guard);
    } catch (error) {
      await paths.close();
      await guard.stop();
      throw error;
    }
  }

  /** A part by its name: `balancer-a`, or the nth node of those that run, in the order of their start: `game#3`. */
  find(part: string): Running | null {
    const [group = '', index = '0'] = part.split('#');
    const members = [...this.cluster.groups.values(), ...this.cluster.balancers.values()]
      .flatMap((each) => each.describe())
      .filter(({ cluster, state }) => cluster === group && state === 'running');
    return members[Number(index) % members.length] ?? null;
  }

  /** All names of a part, for `touches`: of a balancer the machine and what runs on it. */
  names(part: string): string[] {
    return isMachine(part) ? [part, this.machines.runs(part)] : [part];
  }

  /** Null when it is not ours, or not there. */
  redisProcess(): Running | null {
    const pid = this.cluster.redis.process?.pid;
    return pid === undefined ? null : { nodeId: 'redis', pid };
  }

  async emptyRedis(): Promise<void> {
    await this.#redis.empty();
  }

  /** Where the API of one balancer is; null while it does not run. */
  apiOf(machine: string): string | null {
    const running = [...this.cluster.balancers.values()].flatMap((group) => group.describe());
    return running.find(({ cluster }) => cluster === machine)?.endpoint ?? null;
  }

  /** The nodes that run, with their endpoints. */
  nodes(): { readonly nodeId: string; readonly endpoint: string }[] {
    return [...this.cluster.groups.values()]
      .flatMap((group) => group.describe())
      .flatMap(({ nodeId, endpoint, state }) =>
        state === 'running' && endpoint !== null ? [{ nodeId, endpoint }] : [],
      );
  }

  async stop(): Promise<void> {
    this.#redis.stop();
    await this.cluster.stop();
    await this.paths.close();
    await this.#guard.stop();
  }
}
