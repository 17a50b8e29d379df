import type { NotedEvent } from '../../notify/slack';

/** Until then it is known who owns the cluster, also after a fail-over, in milliseconds. */
const HOLD_MS = 8_000;
const LOOK_MS = 500;
/** Most events held. */
const MOST = 1_000;

/**
 * Events that the other balancer has as well: the owner of the cluster tells them. While nobody owns it they are held; who owns it in
 * the end tells them, though the one who has died may have done so just before.
 */
export class HeldEvents {
  readonly #owns: (cluster: string) => boolean;
  readonly #tell: (event: NotedEvent) => void;
  #held: { event: NotedEvent; untilMs: number }[] = [];
  readonly #beat: NodeJS.Timeout;

  constructor(owns: (cluster: string) => boolean, tell: (event: NotedEvent) => void) {
    this.#owns = owns;
    this.#tell = tell;
    this.#beat = setInterval(() => this.#look(), LOOK_MS);
  }

  add(event: NotedEvent): void {
    if (this.#held.length >= MOST) this.#held.shift();
    this.#held.push({ event, untilMs: performance.now() + HOLD_MS });
    this.#look();
  }

  stop(): void {
    clearInterval(this.#beat);
  }

  #look(): void {
    const nowMs = performance.now();
    const held = this.#held;
    this.#held = held.filter(({ event, untilMs }) => untilMs > nowMs && !this.#isOurs(event));
    for (const { event } of held) if (this.#isOurs(event)) this.#tell(event);
  }

  #isOurs({ cluster }: NotedEvent): boolean {
    return cluster !== undefined && this.#owns(cluster);
  }
}
