import { catchError, defer, from, map, type Observable, of, type SchedulerLike, tap, timeout } from 'rxjs';
import type { ScalingSample } from '../core/scaling/types';
import type { ScalingFleet } from './ports';

type Group = NonNullable<ScalingSample['group']>;

interface GroupOptions {
  readonly fleet: Pick<ScalingFleet, 'group'>;
  readonly cluster: string;
  /** How long an answer is good, in milliseconds: the fleet's API is slow and throttled. */
  readonly goodForMs: number;
  readonly timeoutMs: number;
  readonly scheduler: SchedulerLike;
}

/** What the fleet says of one group, asked seldom, and anew after something was changed. */
export class GroupReader {
  readonly #options: GroupOptions;
  #known: { readonly group: Group | null; readonly atMs: number } | null = null;

  constructor(options: GroupOptions) {
    this.#options = options;
  }

  /** Null when the fleet does not answer; never fails. */
  read(): Observable<Group | null> {
    const { fleet, cluster, goodForMs, timeoutMs, scheduler } = this.#options;
    return defer(() => {
      const ageMs = scheduler.now() - (this.#known?.atMs ?? 0);
      if (this.#known !== null && ageMs >= 0 && ageMs < goodForMs) return of(this.#known.group);
      return defer(() => from(fleet.group(cluster))).pipe(
        timeout({ each: timeoutMs, scheduler }),
        map(({ desired, wantedVersion }): Group | null => ({ desired, wantedVersion })),
        catchError(() => of(null)),
        tap((group) => {
          this.#known = { group, atMs: scheduler.now() };
        }),
      );
    });
  }

  /** Something was changed: the next read asks. */
  forget(): void {
    this.#known = null;
  }
}
