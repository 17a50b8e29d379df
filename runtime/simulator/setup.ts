import { ScalingConfig } from '../core/config/scaling';
import { Clairvoyant } from './policies/clairvoyant';
import { Ours } from './policies/ours';
import type { Policy } from './policies/policy';
import { StepScaling } from './policies/step-scaling';
import { TargetTracking } from './policies/target-tracking';
import type { Demand } from './trace/demand';
import type { Physics } from './world/physics';

/** This project, by the given configuration; always part of a comparison. */
export const OURS = 'realtime-fleet';

/** What it may be compared with. */
export const RIVALS = ['original', 'target-tracking', 'step', 'clairvoyant'] as const;
export type Rival = (typeof RIVALS)[number];

/** Share of the capacity that target tracking and step scaling aim at. */
const AWS_TARGET = 0.6;
/** Shares of the capacity at which the original grows and shrinks: it had 20 and 2 players on machines of its day. */
const ORIGINAL = { outAt: 0.6, inAt: 0.3 };

export interface Setting {
  readonly demand: Demand;
  readonly physics: Physics;
  readonly config: ScalingConfig;
  /** When the others cut off who is left on a draining node, in milliseconds. We never do. */
  readonly forcedAfterMs: number;
}

/** A new one for each run, as it remembers. */
export function policyOf(name: typeof OURS | Rival, setting: Setting): Policy {
  const { demand, physics, config, forcedAfterMs } = setting;
  const aws = { capacity: physics.capacity, target: AWS_TARGET, minimum: config.minimum, drainMs: forcedAfterMs };
  switch (name) {
    case OURS:
      return new Ours({ config, refuse: true, forcedAfterMs: null });
    case 'original':
      return new Ours({ config: originalFor(setting), refuse: false, forcedAfterMs });
    case 'target-tracking':
      return new TargetTracking(aws);
    case 'step':
      return new StepScaling(aws);
    case 'clairvoyant':
      return new Clairvoyant({ demand, physics, minimum: config.minimum, forcedAfterMs });
  }
}

/** The original's rules on nodes of this size; its evening and its hour for scale-in were one game's, and are left out. */
function originalFor({ physics, config }: Setting): ScalingConfig {
  const preset = ScalingConfig.parse({ preset: 'original', schedule: [], in: { windows: [] } });
  if (preset.average.rule !== 'ladder') return preset;
  const average = {
    ...preset.average,
    outAt: ORIGINAL.outAt * physics.capacity,
    inAt: ORIGINAL.inAt * physics.capacity,
  };
  return { ...preset, average, minimum: config.minimum, bootMs: config.bootMs };
}
