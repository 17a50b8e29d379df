import { AwsGroup } from './aws-group';

/** Datapoints of a minute in a row that raise the alarms, as AWS makes them. */
const HIGH_POINTS = 3;
const LOW_POINTS = 15;
/** The low alarm is this far below the target. */
const LOW_SHARE = 0.9;

/**
 * Target tracking on connections per node, as the EC2 Auto Scaling User Guide describes it: out after three minutes above the
 * target, in proportion, instances that start up counted as there; in after fifteen minutes below 90 % of it.
 */
export class TargetTracking extends AwsGroup {
  #high = 0;
  #low = 0;

  protected override size(average: number, inService: number, size: number): number {
    const { capacity, target, minimum } = this.options;
    const aim = target * capacity;
    this.#high = average > aim ? this.#high + 1 : 0;
    this.#low = average < LOW_SHARE * aim ? this.#low + 1 : 0;
    const proportional = Math.ceil((inService * average) / aim);
    if (this.#high >= HIGH_POINTS) return Math.max(size, proportional);
    const startingUp = size > inService;
    if (this.#low >= LOW_POINTS && !startingUp) return Math.max(minimum, Math.min(size, proportional));
    return size;
  }
}
