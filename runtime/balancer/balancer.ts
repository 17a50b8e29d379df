import type { Logger } from 'pino';
import { createApi } from '../api/server';
import { createOperatorServer } from '../dashboard/server';
import {
  askRegistry,
  connectRegistry,
  RedisEventStream,
  RedisLease,
  RedisMatchQueue,
  RedisOrders,
  RedisRooms,
  RedisScalingStore,
  RedisSeats,
  RedisSentMessages,
} from '../registry';
import { NodeTokens } from '../tickets/node-tokens';
import { ApiErrors } from './api-errors';
import { type Refusal, RegistryAssigner } from './assign/assigner';
import { Doorkeeper } from './assign/doorkeeper';
import { Outage } from './assign/outage';
import { overheard } from './assign/overheard';
import { PendingReader } from './assign/pending-reader';
import { Refusals } from './assign/refusals';
import type { BalancerEnv } from './env';
import { EventLog, logEvent, SharedEvents } from './events';
import { KeyRing } from './key-ring';
import { followKeysFile } from './keys-file';
import { portOf, taking } from './listening';
import { balancerMetrics } from './metrics/balancer-metrics';
import { measuredAssigner } from './metrics/measured-assigner';
import { Tally } from './metrics/tally';
import { operatorRoutes } from './orders/routes';
import { maintenanceNews, startOrders } from './orders/start-orders';
import { startPage } from './page';
import { startPair } from './pair/pair';
import { mayBeAlive } from './pair/second-opinion';
import { Outgoing } from './scaling/outgoing';
import { ownedFleet } from './scaling/owned-fleet';
import { recordTo } from './scaling/recorder';
import { startScaling } from './scaling/scaling';
import { consolidationOf, scalingOf } from './scaling/scaling-variable';
import { startSlack } from './slack/slack';
import { chosenProbes } from './watch/probes';
import type { ClusterRegistry } from './watch/registry-writer';
import { startWatch } from './watch/watch';

export interface Balancer {
  /** TCP ports that were taken. */
  readonly port: number;
  readonly privatePort: number;
  stop(): Promise<void>;
}

interface Extra {
  /** Whether `/metrics` has those of the process, which nothing ends: once a process. @default false */
  readonly processMetrics?: boolean;
}

/** The clusters with matches and rooms; any other is joined as it is. */
const LOBBY = 'lobby';
const GAME = 'game';

/** Connections that may wait to be accepted; Node's default of 511 is too few for a rush. */
const BACKLOG = 4_096;

/** Puts the parts together: registry, watch loop, API. Starts also while Redis or the fleet is unreachable, and says so. */
export async function startBalancer(env: BalancerEnv, log: Logger, extra: Extra = {}): Promise<Balancer> {
  const strange = env.HOME_CLUSTERS?.find((cluster) => !env.CLUSTERS.includes(cluster));
  if (strange !== undefined)
    throw new Error(`HOME_CLUSTERS: ${strange} is not among CLUSTERS (${env.CLUSTERS.join(',')})`);
  const ring = new KeyRing({
    masterKeys: env.MASTER_KEYS,
    agentKeys: env.AGENT_PRIVATE_KEY,
    apiKeys: env.API_KEYS,
  });
  const unfollow = env.KEYS_FILE === undefined ? () => undefined : await followKeysFile(env.KEYS_FILE, ring, log);
  const tokens = new NodeTokens(ring.keys.masterKeys);
  ring.onChange(({ masterKeys }) => tokens.rotate(masterKeys));
  const connection = connectRegistry(env.REDIS_URL, {
    onState: (problem) => {
      if (problem !== null) {
        log.error({ reason: problem }, 'Redis cannot be reached: joins go on from memory until it can; trying again');
        outage.health.failed(problem);
        return;
      }
      log.info('Redis answers');
      pair.ownership.look();
      orders.book.look();
    },
  });
  const { redis } = connection;
  const events = new EventLog({ balancerId: env.BALANCER_ID, now: Date.now });
  events.onEvent((event) => logEvent(log, event));
  const tally = new Tally(env.CLUSTERS);
  events.onEvent((event) => tally.happened(event));
  const sharedEvents = new SharedEvents({ log: events, stream: new RedisEventStream(redis, env.STACK) });
  const matches = new RedisMatchQueue({ redis, stack: env.STACK, cluster: LOBBY });
  const rooms = new RedisRooms(redis, env.STACK, GAME);
  const seats = (cluster: string) => new RedisSeats(redis, env.STACK, cluster);
  const registry = (cluster: string): ClusterRegistry =>
    cluster === GAME
      ? { seats: seats(cluster), rooms: { registry: rooms, matches, recall: () => outage.recall() } }
      : { seats: seats(cluster) };

  const scalingStore = new RedisScalingStore(redis, env.STACK);
  const refusals = new Refusals((cluster, count) => scalingStore.refused(cluster, count));
  const onRefused = (cluster: string, code: Refusal) => {
    log.debug({ cluster, code }, 'a join was refused');
    if (code === 'FULL') refusals.note(cluster);
  };
  const others = env.CLUSTERS.filter((cluster) => cluster !== LOBBY && cluster !== GAME);
  const outage = new Outage({
    ...{ lobby: LOBBY, game: GAME, others, rooms, onRefused, events },
    ask: () => askRegistry(redis, env.STACK),
    paired: env.PEER_URL !== undefined,
    ticketTtlMs: env.TICKET_TTL_MS,
  });

  const startedAtMs = performance.now();
  const pair = startPair({
    stack: env.STACK,
    balancerId: env.BALANCER_ID,
    agentKeys: () => ring.keys.agentKeys,
    peerUrl: env.PEER_URL?.url ?? null,
    peerLookup: env.PEER_URL?.lookup,
    leases: new Map(env.CLUSTERS.map((cluster) => [cluster, new RedisLease(redis, env.STACK, cluster)])),
    home: env.HOME_CLUSTERS ?? env.CLUSTERS,
    leaseTtlMs: env.LEASE_TTL_MS,
    steadyMs: env.STEADY_MS,
    ...outage.forPeer(() => pair.peer),
    ready: () => watch.trouble() === null,
    hears: (cluster, nodeId) =>
      mayBeAlive(watch.view.node(cluster, nodeId), performance.now() - startedAtMs, env.RED_AFTER_MS),
    joins: () => env.CLUSTERS.map((cluster) => ({ cluster, ...tally.joins(cluster) })),
    events,
    log,
  });
  const { ownership } = pair;
  const mayReplace = (cluster: string, nodeId: string) => pair.secondOpinion.agrees(cluster, nodeId);
  const scaled = scalingOf(env.CLUSTERS, env.SCALING);
  // Half of a lease: it is renewed well before that is left of it, so a call ends while we still own the cluster (S4).
  const limitMs = env.LEASE_TTL_MS / 2;
  const fleet = ownedFleet(env.FLEET, ownership, limitMs);
  const outgoing = new Outgoing((cluster) => orders.operators.of(cluster)?.roll?.nodes ?? []);
  const watch = startWatch({
    clusters: new Map(env.CLUSTERS.map((cluster) => [cluster, registry(cluster)])),
    fleet,
    probe: overheard(
      chosenProbes(env.PROBES ?? [], {
        balancerId: env.BALANCER_ID,
        keys: () => ring.keys,
        matchmakers: new Set([LOBBY]),
        onDelivered: (node, { masterKeys }) => tokens.delivered(node, masterKeys),
        fencing: ownership,
        maintenance: () => maintenanceNews(orders.book.orders),
        log,
      }),
      (cluster, reply) => outage.heard(cluster, reply),
    ),
    ownership,
    mayReplace,
    scaled: new Set(scaled.keys()),
    consolidation: (cluster) => consolidationOf(scaled.get(cluster), (node) => outgoing.includes(cluster, node)),
    onTick: (cluster, tookMs) => tally.ticked(cluster, tookMs),
    events,
    log,
    pollMs: env.POLL_MS,
    redAfterMs: env.RED_AFTER_MS,
  });
  watch.view.snapshots$.subscribe((snapshot) => outage.seen(snapshot));
  const orders = startOrders({
    ...{ store: new RedisOrders(redis, env.STACK), watch, ownership, fleet, scaled, events, log },
  });
  const recorder = env.SCALING_RECORD === undefined ? undefined : recordTo(env.SCALING_RECORD, env.BALANCER_ID, log);
  const scaling = startScaling({
    recorder,
    clusters: scaled,
    fleet,
    watch,
    store: scalingStore,
    ownership,
    mayReplace,
    events,
    operators: orders.operators,
    onWanted: (cluster, version) => outgoing.heard(cluster, version),
    timeoutMs: limitMs,
    ticketTtlMs: env.TICKET_TTL_MS,
    pollMs: env.POLL_MS,
  });
  const byRegistry = new RegistryAssigner({
    lobby: { cluster: LOBBY, seats: outage.seats(seats(LOBBY)) },
    others: others.map((cluster) => ({ cluster, seats: outage.seats(seats(cluster)) })),
    game: { cluster: GAME, seats: seats(GAME), rooms: outage.rooms },
    matchQueue: matches,
    view: watch.view,
    tokens,
    events,
    onRefused,
    ticketTtlMs: env.TICKET_TTL_MS,
  });
  const doorkeeper = new Doorkeeper({
    ...{ assigner: outage.assigner(byRegistry, watch.view, pair), lobby: LOBBY, view: watch.view, now: Date.now },
    maintenance: () => orders.book.orders.maintenance,
    balancers: env.PEER_URL === undefined ? 1 : 2,
  });
  const assigner = measuredAssigner(doorkeeper, { lobby: LOBBY, game: GAME }, tally);
  const shown = new PendingReader({
    view: watch.view,
    counts: (cluster) => seats(cluster).pending(),
    answers: () => outage.health.answers,
    owner: (cluster) => ownership.owner(cluster),
    orders: () => orders.book.orders,
    everyMs: env.POLL_MS,
  });
  const apiErrors = new ApiErrors(events);
  const api = createApi({
    ...{ assigner, clusters: shown, events: sharedEvents, log },
    onError: (code, cause) => {
      tally.apiError(code);
      apiErrors.note(code, cause);
    },
    get apiKeys() {
      return ring.keys.apiKeys;
    },
  });
  const trouble = () => {
    const problem = connection.problem() ?? outage.health.problem;
    return problem === null ? watch.trouble() : `Redis cannot be reached: ${problem}`;
  };
  const away = () => (env.HOME_CLUSTERS ?? env.CLUSTERS).filter((cluster) => ownership.epoch(cluster) === null);
  const metrics = balancerMetrics({
    ...{ stack: env.STACK, balancerId: env.BALANCER_ID, tally, view: watch.view, shown, pair, scaled },
    answers: () => outage.health.answers,
    process: extra.processMetrics ?? false,
    ...{ cloudWatch: env.CLOUDWATCH_NAMESPACE, log },
  });
  const page = startPage({
    ...{ stack: env.STACK, balancerId: env.BALANCER_ID, view: watch.view, shown, pair, tally, trouble },
    events: sharedEvents,
  });
  const operators = createOperatorServer({
    ...{ stack: env.STACK, keys: () => ring.keys, log },
    troubles: {
      '/readyz': trouble,
      // For deploys: the next balancer is replaced once this one has its clusters back.
      '/homez': () => trouble() ?? (away().length === 0 ? null : `not owned here yet: ${away().join(', ')}`),
    },
    routes: [
      metrics.route,
      page.routes,
      operatorRoutes({ operator: orders.operator, clusters: shown, events: sharedEvents, rooms: assigner }),
    ],
  });
  pair.serve(operators.server);
  const stopSlack = await startSlack({
    ...{ variables: env, stack: env.STACK, balancerId: env.BALANCER_ID, paired: env.PEER_URL !== undefined, log },
    ...{ own: events, shared: sharedEvents, view: watch.view },
    ownerOf: (cluster) => ownership.owner(cluster)?.owner ?? null,
    orders: () => orders.book.orders,
    // Also after a restart under another name it is the same one of the two.
    store: new RedisSentMessages(redis, env.STACK, (env.HOME_CLUSTERS ?? env.CLUSTERS).join()),
  });
  const stop = async () => {
    const lastWords = stopSlack();
    unfollow();
    scaling.stop();
    orders.stop();
    await recorder?.stop();
    refusals.stop();
    apiErrors.stop();
    outage.stop();
    shown.stop();
    metrics.stop();
    page.stop();
    // While everything still runs: the peer takes over without a gap.
    await pair.stop();
    watch.stop();
    await Promise.all([api.close(), operators.close()]);
    await Promise.all([sharedEvents.stop(), lastWords]);
    connection.close();
  };
  try {
    await taking('PORT', env, api.listen({ host: env.HOST, port: env.PORT, backlog: BACKLOG }));
    await taking('PRIVATE_PORT', env, operators.listen({ host: env.HOST, port: env.PRIVATE_PORT }));
  } catch (error) {
    await stop();
    throw error;
  }
  return { port: portOf(api.server.address()), privatePort: portOf(operators.server.address()), stop };
}
