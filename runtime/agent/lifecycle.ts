import type { Order, OrderReply, Phase } from '../core/protocol/agent';

/** What a node does about new players, and who may say so: the orders' rules without their effects. */
export class Lifecycle {
  #phase: Phase = 'open';
  #epoch = 0;

  get phase(): Phase {
    return this.#phase;
  }

  /** The highest epoch that an owner has shown, with an order or a poll; 0 before the first. */
  get epoch(): number {
    return this.#epoch;
  }

  /** An owner with this epoch polls: orders of older ones are over. */
  seen(epoch: number): void {
    if (epoch > this.#epoch) this.#epoch = epoch;
  }

  /** Carries out drain, undrain and seal; for the other orders only says whether they may be carried out. */
  take(order: Order, sessions: number): OrderReply {
    if (order.epoch < this.#epoch) {
      return no('STALE_EPOCH', `the order's epoch is ${order.epoch}, a newer owner's ${this.#epoch} was seen`);
    }
    this.#epoch = order.epoch;
    switch (order.kind) {
      case 'drain':
      case 'undrain':
        if (this.#phase === 'sealed') return no('SEALED', 'a sealed node never opens again; terminate it');
        this.#phase = order.kind === 'drain' ? 'draining' : 'open';
        break;
      case 'seal':
        // Sealed twice is sealed: the first answer may have been lost.
        if (this.#phase === 'sealed') break;
        if (this.#phase !== 'draining') return no('NOT_DRAINING', 'drain the node first');
        if (sessions > 0) return no('NOT_EMPTY', `${sessions} sessions remain`);
        this.#phase = 'sealed';
        break;
      case 'move':
      case 'closeRoom':
        break;
    }
    return { ok: true, phase: this.#phase, sessions };
  }
}

function no(code: Extract<OrderReply, { ok: false }>['code'], message: string): OrderReply {
  return { ok: false, code, message };
}
