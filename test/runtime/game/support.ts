import type { Outlet } from '../../../runtime/game/room';

/** What rooms have sent, instead of sockets. */
export class FakeOutlet implements Outlet {
  readonly sent: { to: string; event: string; payload: Record<string, unknown> }[] = [];
  readonly channels = new Map<string, Set<string>>();

  subscribe(playerId: string, channel: string): void {
    const members = this.channels.get(channel) ?? new Set();
    this.channels.set(channel, members.add(playerId));
  }

  unsubscribe(playerId: string, channel: string): void {
    this.channels.get(channel)?.delete(playerId);
  }

  broadcast(channel: string, event: string, payload: object): void {
    for (const to of this.channels.get(channel) ?? []) this.send(to, event, payload);
  }

  send(to: string, event: string, payload: object): void {
    this.sent.push({ to, event, payload: { ...payload } });
  }

  /** Takes what was sent so far, as `player EVENT`. */
  take(): string[] {
    return this.sent.splice(0).map(({ to, event }) => `${to} ${event}`);
  }
}
