import { isMachine } from './door';
import { signal } from './machines';
import { describeFault, type Fault } from './schedule';
import type { World } from './world';

/** A fault that is there. */
export interface Inflicted {
  heal(): Promise<void>;
}

interface Victim {
  readonly touches: readonly string[];
  readonly undo: () => void;
}

/** Does it, and writes it down; null when the part is not there just now. Heal it also when it is over at once. */
export async function inflict(id: number, fault: Fault, world: World): Promise<Inflicted | null> {
  const victim = await strike(fault, world);
  if (victim === null) return null;
  const touches = [...new Set(victim.touches)];
  const named = touches.filter((part) => !fault.target.includes(part) && !part.match(/^balancer-[ab]$/)).join(', ');
  const what = `${describeFault(fault)}${named === '' ? '' : ` (${named})`}`;
  world.recorder.add({ kind: 'fault', id, what, touches });
  return {
    heal: async () => {
      victim.undo();
      world.recorder.add({ kind: 'healed', id });
    },
  };
}

async function strike(fault: Fault, world: World): Promise<Victim | null> {
  const { what, target } = fault;
  if (what === 'flush') {
    await world.emptyRedis();
    return { touches: ['redis'], undo: () => undefined };
  }
  const [from, to] = target.split('→');
  if (from !== undefined && to !== undefined) return onTheWay(fault, from, to, world);
  if (target === 'redis' && what === 'kill') return withoutRedis(world);
  if (what === 'kill' && isMachine(target)) return withoutBalancer(fault, world);
  const process = target === 'redis' ? world.redisProcess() : world.find(target);
  if (process === null) return null;
  const touches = target === 'redis' ? ['redis'] : [process.nodeId, ...world.names(target)];
  signal(process.pid, what === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  return { touches, undo: () => what === 'pause' && signal(process.pid, 'SIGCONT') };
}

/** Its machine starts another one, which hangs until it is healed. */
function withoutBalancer({ target, forMs }: Fault, world: World): Victim | null {
  const process = world.find(target);
  if (process === null) return null;
  const release = forMs === 0 ? () => undefined : world.machines.hold(target);
  signal(process.pid, 'SIGKILL');
  return { touches: world.names(target), undo: release };
}

/** Nobody reaches it until it is healed; by then it has come back, empty. */
function withoutRedis(world: World): Victim | null {
  const process = world.redisProcess();
  if (process === null) return null;
  const proxies = [...world.paths.between('balancers', 'redis'), ...world.paths.between('lobby', 'redis')];
  for (const proxy of proxies) proxy.refuse();
  signal(process.pid, 'SIGKILL');
  return {
    touches: ['redis'],
    undo: () => {
      for (const proxy of proxies) proxy.heal();
    },
  };
}

function onTheWay({ what, delayMs = 0 }: Fault, from: string, to: string, world: World): Victim | null {
  const node = to.includes('#') ? world.find(to) : null;
  const proxies = world.paths.between(from, node?.nodeId ?? to);
  if (proxies.length === 0) return null;
  for (const proxy of proxies) {
    if (what === 'cut') proxy.cut();
    if (what === 'refuse') proxy.refuse();
    if (what === 'delay') proxy.delay(delayMs);
    if (what === 'half-open') proxy.halfOpen();
  }
  const machines = [from, to].flatMap((part) => (part === 'balancers' ? ['balancer-a', 'balancer-b'] : [part]));
  return {
    // A node knows nothing of a balancer that cannot reach it, and neither do the players on it.
    touches: from === 'players' ? [node?.nodeId ?? to] : machines.flatMap((machine) => world.names(machine)),
    undo: () => {
      for (const proxy of proxies) proxy.heal();
    },
  };
}
