/** A step of a budget that usage has reached. */
export interface CrossedStep {
  readonly stepPercent: number;
  /** Bytes at which the step is reached. */
  readonly thresholdBytes: number;
}

export interface StepsInput {
  readonly limitBytes: number;
  readonly stepsPercent: readonly number[];
  readonly usedBytes: number;
  /** Steps of this limit that were told before in this period. */
  readonly toldStepsPercent: ReadonlySet<number>;
}

/** Steps reached and not yet told, the lowest first. The fraction of a byte that a step may come to is rounded up. */
export function crossedSteps(input: StepsInput): CrossedStep[] {
  return [...new Set(input.stepsPercent)]
    .sort((left, right) => left - right)
    .map((stepPercent) => ({ stepPercent, thresholdBytes: thresholdOf(input.limitBytes, stepPercent) }))
    .filter(
      ({ stepPercent, thresholdBytes }) =>
        thresholdBytes <= input.usedBytes && !input.toldStepsPercent.has(stepPercent),
    );
}

/** In whole numbers: limits near 2^53 times a percentage leave what a double holds. */
function thresholdOf(limitBytes: number, stepPercent: number): number {
  return Number((BigInt(limitBytes) * BigInt(stepPercent) + 99n) / 100n);
}
