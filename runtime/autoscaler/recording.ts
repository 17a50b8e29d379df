import type { ScalingConfig } from '../core/config/scaling';
import type { Decision } from '../core/scaling/decide';
import type { ScalingSample } from '../core/scaling/types';

/** One decision with all that went into it, as JSON: what replays of it are checked against. */
export interface RecordedStep {
  readonly v: 1;
  readonly cluster: string;
  readonly nowMs: number;
  readonly sample: ScalingSample | null;
  /** With the first step of an ownership: from here on the state is what the step before left. */
  readonly from?: {
    readonly config: ScalingConfig;
    /** What was stored; null when nothing was. */
    readonly state: string | null;
  };
  readonly decision: Pick<Decision, 'actions' | 'stamps' | 'reason'>;
}

/** Where decisions are written down. Must not throw. */
export interface DecisionRecorder {
  record(step: RecordedStep): void;
}
