/** The two machines of balancers: what runs there, and whether it may. */
export class Machines {
  readonly #runs = new Map<string, string>();
  readonly #held = new Map<string, number[]>();

  /** The balancer that runs there now, or ran there last. */
  runs(machine: string): string {
    return this.#runs.get(machine) ?? machine;
  }

  started(machine: string, nodeId: string, pid: number): void {
    this.#runs.set(machine, nodeId);
    const held = this.#held.get(machine);
    if (held === undefined) return;
    held.push(pid);
    signal(pid, 'SIGSTOP');
  }

  /** What starts there from now on hangs, until the returned function is called. */
  hold(machine: string): () => void {
    this.#held.set(machine, []);
    return () => {
      for (const pid of this.#held.get(machine) ?? []) signal(pid, 'SIGCONT');
      this.#held.delete(machine);
    };
  }
}

/** Nothing when the process has ended. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}
