/** What goes wrong from now on; the stories set it for a time. */
export interface Faults {
  /** Share of calls whose request is lost. */
  readonly lostRequests: number;
  /** Share of calls that are performed, but whose answer is lost. */
  readonly lostAnswers: number;
  /** Share of calls to the fleet that take effect some steps after they were given up. */
  readonly lateCalls: number;
  readonly fleetDown: boolean;
  readonly registryDown: boolean;
  /** The watch loop hangs: no new snapshot comes. */
  readonly blind: boolean;
  /** New instances never come up. */
  readonly stillborn: boolean;
}

export const NO_FAULTS: Faults = {
  lostRequests: 0,
  lostAnswers: 0,
  lateCalls: 0,
  fleetDown: false,
  registryDown: false,
  blind: false,
  stillborn: false,
};
