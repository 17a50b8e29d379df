import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureRedisBinary } from '../../../runtime/local/redis-binary';

/** A Redis of the test's own that can be killed, and started again, empty, under the same name. */
export class OwnRedis {
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Not started yet. */
  static async create(): Promise<OwnRedis> {
    return new OwnRedis(await mkdtemp(join(tmpdir(), 'realtime-fleet-test-')));
  }

  get url(): string {
    return join(this.#folder, 'redis.sock');
  }

  async start(): Promise<void> {
    const binary = await ensureRedisBinary(() => undefined);
    const args = ['--port', '0', '--unixsocket', this.url, '--save', '', '--dir', this.#folder];
    this.#process = spawn(binary.path, args, { env: { ...process.env, ...binary.env }, stdio: 'ignore' });
    await once(this.#process, 'spawn');
  }

  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
