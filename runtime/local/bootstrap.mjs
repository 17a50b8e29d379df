// What `npm start`, `npm test`, `npm run bees`, `npm run local` and `npx realtime` run: sets up what is missing, then becomes the command, in this very process
// wherever possible, so that signals reach it (package.json says `exec` for the same reason: npm runs a shell, and a shell that is
// told to end does not tell us). Plain JavaScript without dependencies: nothing may be installed yet.
import { fork, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const require = createRequire(import.meta.url);

/** Time for `npm ci` to end after a signal before it is killed, in milliseconds. */
const STOP_LIMIT_MS = 2_000;

/** How often to look whether npm, which started us, is still there, in milliseconds. */
const RUNNER_CHECK_MS = 500;

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function readJson(path) {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}

/**
 * An npm that is killed tells nobody, nor does one that gets a signal in the moment in which it starts us: then we hang up ourselves.
 * package.json says in STARTED_BY which process npm is; without it nobody is watched.
 */
function followRunner() {
  const { STARTED_BY } = process.env;
  // Not for the processes that we start.
  delete process.env.STARTED_BY;
  if (STARTED_BY === undefined) return;
  // When npm was gone before its shell could ask, the shell was told the number of whoever adopts orphans.
  const adopted = existsSync('/proc/self/comm') && !/^(npm|node|pnpm|yarn|bun)/.test(processName(STARTED_BY));
  if (adopted || process.ppid !== Number(STARTED_BY)) process.exit(128 + constants.signals.SIGHUP);
  const check = setInterval(() => {
    if (process.ppid === Number(STARTED_BY)) return;
    clearInterval(check);
    process.kill(process.pid, 'SIGHUP');
  }, RUNNER_CHECK_MS);
  check.unref();
}

function processName(pid) {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8');
  } catch {
    return '';
  }
}

/** The lowest version is package.json's `engines.node`, `>=MAJOR.MINOR`. */
function checkNode() {
  const wanted = readJson('package.json').engines.node;
  const [major, minor] = wanted.replace('>=', '').split('.').map(Number);
  const [isMajor, isMinor] = process.versions.node.split('.').map(Number);
  if (isMajor > major || (isMajor === major && isMinor >= minor)) return;
  fail(`This needs Node ${wanted}; this is ${process.versions.node}. Install a newer one from https://nodejs.org`);
}

/** Whether node_modules has what package-lock.json says; npm's own record in it is written last, so an interrupted install has none. */
function dependenciesFit() {
  if (!existsSync(join(ROOT, 'node_modules/.package-lock.json'))) return false;
  const installed = readJson('node_modules/.package-lock.json').packages;
  return Object.entries(readJson('package-lock.json').packages).every(([path, entry]) => {
    if (path === '' || (entry.optional === true && !isForHere(entry))) return true;
    return installed[path]?.version === entry.version && installed[path]?.integrity === entry.integrity;
  });
}

/** Of an optional package: whether it is certainly meant for this platform (those without a platform may be left out by npm). */
function isForHere({ os, cpu, libc }) {
  return libc === undefined && (os?.includes(process.platform) ?? false) && (cpu?.includes(process.arch) ?? false);
}

async function ensureDependencies() {
  if (dependenciesFit()) return;
  process.stderr.write('Installing the dependencies (npm ci) …\n');
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const [file, ...args] = [...npm, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  // In a process group of its own: so that install scripts can be ended with it.
  const child = spawn(file, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  // And with us, should we be killed: an install that goes on would be in the way of the next one.
  const guard = fork(join(ROOT, 'runtime/local/guard-process.mjs'), {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: true,
  });
  if (child.pid !== undefined) guard.send({ watch: -child.pid });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const exit = await outcome(child, (signal) => endGroup(child.pid, signal));
  guard.disconnect();
  if (exit.stoppedBy !== undefined) process.exit(128 + constants.signals[exit.stoppedBy]);
  if (exit.code !== 0) fail(`${output}\nThe dependencies could not be installed; the message of npm is above.`);
}

function endGroup(pid, signal) {
  const send = (what) => {
    try {
      process.kill(-pid, what);
    } catch {
      // All of it has ended.
    }
  };
  send(signal);
  setTimeout(() => send('SIGKILL'), STOP_LIMIT_MS).unref();
}

/** Waits for a process; a signal to us is handed to `stop`. */
function outcome(child, stop) {
  return new Promise((done) => {
    let stoppedBy;
    const handlers = STOPPING.map((signal) => [
      signal,
      () => {
        stoppedBy = signal;
        stop(signal);
      },
    ]);
    const finish = (code, signal) => {
      for (const [name, handler] of handlers) process.off(name, handler);
      done({ code, signal, stoppedBy });
    };
    for (const [name, handler] of handlers) process.on(name, handler);
    child.once('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      finish(1, null);
    });
    child.once('close', finish);
  });
}

/** Loads TypeScript, and nothing but ours, in this process. */
async function withTypeScript(use) {
  // No cache of compiled files in the temporary folder: we leave nothing behind, and it would save a tenth of a second.
  process.env.TSX_DISABLE_CACHE = '1';
  const unregister = require('tsx/cjs/api').register();
  try {
    return await use();
  } finally {
    unregister();
  }
}

const commands = {
  start: (args) => withTypeScript(() => require('./main.ts').main(args)),
  realtime: (args) => withTypeScript(() => require('../operator/main.ts').main(args)),
  local: (args) => withTypeScript(() => require('./command.ts').main(args)),
  bees: async (args) => {
    const { bundles } = await withTypeScript(() => require('../bundle.ts').bundle());
    process.argv = [process.execPath, bundles.bees.file, ...args];
    require(bundles.bees.file);
  },
  test: async (args) => {
    const child = spawn(process.execPath, [require.resolve('jest/bin/jest'), ...args], { cwd: ROOT, stdio: 'inherit' });
    const exit = await outcome(child, (signal) => child.kill(signal));
    const signal = exit.signal ?? exit.stoppedBy;
    process.exit(exit.code ?? 128 + constants.signals[signal]);
  },
};

const [, , name, ...args] = process.argv;
const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined;
if (command === undefined) fail(`Usage: node runtime/local/bootstrap.mjs ${Object.keys(commands).join('|')} …`);
checkNode();
followRunner();
await ensureDependencies();
try {
  await command(args);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
