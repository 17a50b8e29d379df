import type { Answer } from './facts';

/** One thing that was looked at. */
export interface Finding {
  /**
   * ok. problem: it stops a deploy, or a scale-out to the maximum. warning: it will, or may. unknown: AWS did not say, mostly because
   * the caller may not ask.
   */
  readonly level: 'ok' | 'problem' | 'warning' | 'unknown';
  /** Stable, e.g. `quota L-1216C47A`. */
  readonly check: string;
  /** For people, with the numbers. */
  readonly text: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** The finding for an answer that did not come; else what `good` makes of the value. */
export function known<T>(check: string, answer: Answer<T>, good: (value: T) => Finding | Finding[]): Finding[] {
  return answer.ok ? [good(answer.value)].flat() : [{ level: 'unknown', check, text: answer.why }];
}
