import { hostname, userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, CommanderError, Option } from 'commander';
import type { z } from 'zod';
import { whole } from '../arguments';
import { type OperatorOrder, OrderAnswer } from '../core/protocol/operator';
import { ask } from './ask';
import { EventsReply, RoomReply, StatusReply } from './replies';
import { showEvents, showNodes, showRoom, showStatus } from './show';
import { findTarget, type Target, type TargetOptions } from './target';

interface Common extends TargetOptions {
  readonly json: boolean;
  readonly watch: boolean;
  readonly by: string;
  readonly why?: string;
  readonly reason?: string;
}

interface EventOptions {
  readonly after?: number;
  readonly limit: number;
  readonly all: boolean;
}

/** How often a watched answer is asked for anew, in milliseconds. */
const WATCH_MS = 1_000;

const CLEAR = '\x1b[H\x1b[2J';

/** The orders without who and why. */
type Wish = OperatorOrder extends infer O ? (O extends OperatorOrder ? Omit<O, 'by' | 'why'> : never) : never;

/** `npx realtime …`. Exit code 0 when it was done, 1 when not, or when the command is wrong. */
export async function main(args: readonly string[]): Promise<void> {
  const program = commands();
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode;
  }
}

function commands(): Command {
  const program = new Command('realtime')
    .description('Shows and steers a fleet: the one that "npm start" runs on this machine, or the one at --url.')
    .exitOverride()
    .addOption(new Option('--url <URL>', "address of a balancer's private port (or REALTIME_URL)"))
    .addOption(new Option('--api-key <KEY>', 'an API key (or REALTIME_API_KEY)'))
    .addOption(new Option('--port <N>', 'port of the API of the local cluster to ask').argParser(whole(1, 65_535)))
    .option('--json', 'prints the answer as JSON', false)
    .option('--watch', 'asks every second, until Ctrl-C', false)
    .option('--by <NAME>', 'who orders; recorded', `${userInfo().username}@${hostname()}`.slice(0, 64))
    .option('--why <TEXT>', 'why; recorded')
    .addOption(new Option('--reason <TEXT>', 'the same as --why').hideHelp())
    .showHelpAfterError('(--help shows all commands)');

  const common = (): Common => program.opts<Common>();
  const shows = <T>(path: () => string, schema: z.ZodType<T>, show: (answer: T) => string) =>
    showing(common(), (target) => ask(target, path(), schema), show);
  const orders = (wish: Wish) => ordering(common(), wish);

  program
    .command('status')
    .description('the clusters: who owns them, how full they are, what the autoscaler does')
    .action(() => shows(() => '/v1/operator/status', StatusReply, showStatus));
  program
    .command('nodes [cluster]')
    .description('every node, with its players')
    .action((cluster?: string) =>
      shows(
        () => '/v1/operator/status',
        StatusReply,
        (status) => showNodes(chosen(status, cluster)),
      ),
    );
  program
    .command('events')
    .description('what happened and why, on both balancers; --watch follows')
    .option('--all', 'also that players have finished', false)
    .addOption(new Option('--after <ID>', 'only what came after this one').argParser(whole(0, 999_999_999_999_999)))
    .addOption(new Option('--limit <N>', 'the newest N').argParser(whole(1, 1_000)).default(50))
    .action((options: EventOptions) => events(common(), options));
  program
    .command('room <room>')
    .description('where a room is, and who is in it')
    .action((room: string) => shows(() => `/v1/operator/rooms/${encodeURIComponent(room)}`, RoomReply, showRoom));
  program
    .command('drain <node>')
    .description('it takes no more joins, and is ended when its last player has left; nobody is cut off')
    .action((nodeId: string) => orders({ order: 'drain', nodeId }));
  program
    .command('undrain <node>')
    .description('it takes joins again')
    .action((nodeId: string) => orders({ order: 'undrain', nodeId }));
  program
    .command('scale <cluster>')
    .argument('<nodes>', 'how many, within its minimum and maximum', whole(0, 10_000))
    .description('goes to this size once, whatever the cooldowns; then the autoscaler decides again')
    .action((cluster: string, size: number) => orders({ order: 'scale', cluster, size }));
  program
    .command('roll <cluster>')
    .description('replaces every node, a few at a time; nobody is cut off')
    .action((cluster: string) => orders({ order: 'roll', cluster }));
  program
    .command('pause <cluster>')
    .description('the autoscaler starts and ends nothing until it is resumed; dead nodes are replaced')
    .action((cluster: string) => orders({ order: 'pause', cluster }));
  program
    .command('resume <cluster>')
    .description('the autoscaler looks after the cluster again')
    .action((cluster: string) => orders({ order: 'resume', cluster }));
  program
    .command('kick <player>')
    .description("ends the player's session, wherever it is; the player may come again")
    .action((playerId: string) => orders({ order: 'kick', playerId }));
  program
    .command('maintenance')
    .addArgument(program.createArgument('<state>').choices(['on', 'off']))
    .addOption(
      new Option('--for <MINUTES>', 'how long it is expected to take; told to callers').argParser(whole(1, 10_080)),
    )
    .description('on: nobody is let in, what runs goes on; off: players are let in again, without a rush')
    .action((state: 'on' | 'off', { for: minutes }: { readonly for?: number }) => {
      const untilMs = minutes === undefined || state === 'off' ? {} : { untilMs: Date.now() + minutes * 60_000 };
      return orders({ order: 'maintenance', on: state === 'on', ...untilMs });
    });
  return program;
}

async function showing<T>(
  options: Common,
  ask: (target: Target) => Promise<T>,
  show: (answer: T) => string,
): Promise<void> {
  const target = await findTarget(options, process.env);
  for (;;) {
    const answer = await ask(target);
    const text = options.json ? JSON.stringify(answer) : show(answer);
    process.stdout.write(`${options.watch && process.stdout.isTTY && !options.json ? CLEAR : ''}${text}\n`);
    if (!options.watch) return;
    await sleep(WATCH_MS);
  }
}

/** The newest ones; while they are watched, each once. */
async function events(options: Common, { after, limit, all }: EventOptions): Promise<void> {
  const target = await findTarget(options, process.env);
  let cursor = after ?? 0;
  for (let first = true; ; first = false) {
    const reply = await ask(target, `/v1/operator/events?limit=1000&after=${cursor}`, EventsReply);
    const wanted = reply.events.filter(({ kind }) => all || kind !== 'player-finished');
    const shown = { ...reply, events: first ? wanted.slice(-limit) : wanted };
    cursor = reply.events.at(-1)?.id ?? cursor;
    if (options.json) {
      if (!options.watch) process.stdout.write(`${JSON.stringify(shown)}\n`);
      else for (const event of shown.events) process.stdout.write(`${JSON.stringify(event)}\n`);
    } else if (first || shown.events.length > 0) process.stdout.write(`${showEvents(shown.events, first)}\n`);
    if (!options.watch) return;
    await sleep(WATCH_MS);
  }
}

async function ordering({ by, why, reason, json, ...options }: Common, wish: Wish): Promise<void> {
  const target = await findTarget(options, process.env);
  const given = why ?? reason;
  const body = { ...wish, by, ...(given !== undefined && { why: given }) };
  const answer = await ask(target, '/v1/operator/orders', OrderAnswer, body);
  process.stdout.write(`${json ? JSON.stringify(answer) : answer.text}\n`);
}

function chosen({ clusters }: StatusReply, name: string | undefined): StatusReply['clusters'] {
  if (name === undefined) return clusters;
  const found = clusters.filter(({ cluster }) => cluster === name);
  if (found.length > 0) return found;
  throw new Error(`No such cluster (${name}; there are ${clusters.map(({ cluster }) => cluster).join(', ')})`);
}
