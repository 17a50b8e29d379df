import type { Judge } from './judge';
import { Machine } from './machine';

interface FleetOptions {
  readonly size: number;
  /** From the launch of an instance to its first answer, in milliseconds. */
  readonly bootMs: number;
  readonly judge: Judge;
}

/** The instances as the cloud keeps them: it starts what is missing from its size, whatever became of it. */
export class ModelFleet {
  readonly machines = new Map<string, Machine>();
  wantedVersion = 'v1';
  desired: number;
  readonly #options: FleetOptions;
  #serial = 0;

  constructor(options: FleetOptions, nowMs: number) {
    this.#options = options;
    this.desired = options.size;
    for (let i = 0; i < options.size; i++) this.#launch(nowMs, 0);
  }

  /** The processes that ended are gone, and the size is kept up. */
  keepUp(nowMs: number, stillborn: boolean): void {
    for (const [nodeId, { crashed }] of this.machines) if (crashed) this.machines.delete(nodeId);
    const bootMs = stillborn ? Number.POSITIVE_INFINITY : this.#options.bootMs;
    while (this.machines.size < this.desired) this.#launch(nowMs, bootMs);
  }

  /** True when it grows by this. */
  grow(size: number): boolean {
    if (size <= this.desired) return false;
    this.desired = size;
    this.#options.judge.sized(size);
    return true;
  }

  /** Ends this instance and lowers the size by one. */
  terminate(machine: Machine): void {
    if (!this.machines.delete(machine.nodeId)) return;
    this.desired -= 1;
    this.#options.judge.sized(this.desired);
  }

  /** Ends this instance; another will come. */
  replace({ nodeId }: Machine): void {
    this.machines.delete(nodeId);
  }

  #launch(nowMs: number, bootMs: number): void {
    const machine = new Machine(this.#serial++, this.wantedVersion, nowMs, nowMs + bootMs);
    this.machines.set(machine.nodeId, machine);
  }
}
