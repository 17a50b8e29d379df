import type { NotedEvent } from '../../notify/slack';

/** Until then it is known who owns the cluster, also after a fail-over, in milliseconds. */
const HOLD_MS = 8_000;
const LOOK_MS = 500;
/** Most events held. */
const MOST = 1_000;

/**
 * Events that the other balancer has as well: the owner of the cluster tells them. While nobody owns it they are held; who owns it in
 * the end tells them, though the one who has died may have done so just before. With no owner in the end, as without Redis, both do:
 * rather twice than never.
 */
export class HeldEvents {
  readonly #balancerId: string;
  readonly #ownerOf: (cluster: string) => string | null;
  readonly #tell: (event: NotedEvent) => void;
  #held: { event: NotedEvent; untilMs: number }[] = [];
  readonly #beat: NodeJS.Timeout;

  constructor(balancerId: string, ownerOf: (cluster: string) => string | null, tell: (event: NotedEvent) => void) {
    this.#balancerId = balancerId;
    this.#ownerOf = ownerOf;
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
    this.#held = [];
    for (const each of held) {
      const owner = this.#ownerOf(each.event.cluster ?? '');
      const over = each.untilMs <= nowMs;
      if (owner === this.#balancerId || (over && owner === null)) this.#tell(each.event);
      else if (!over) this.#held.push(each);
    }
  }
}
