import type { Budget } from '@fairhop/shared/contract';

/** How far a step has got in one period. */
export interface StepState {
  /** How often it was reached. */
  readonly occurrence: number;
  /** `active` until it is resolved; `over`: its period ended, so that it is told no more. */
  readonly status: 'active' | 'resolved' | 'over';
}

export interface StepChange {
  readonly kind: 'reached' | 'resolved';
  readonly stepPercent: number;
  readonly occurrence: number;
}

export interface JudgeInput {
  readonly direction: Budget['direction'];
  readonly limitBytes: number;
  readonly hysteresisPercent: number;
  /** The lowest first, each once. */
  readonly stepsPercent: readonly number[];
  /** Used, or forecast. */
  readonly valueBytes: number;
  readonly states: ReadonlyMap<number, StepState>;
}

/**
 * What a value changes of a running period. A step is reached at its percentage of the limit and resolved when the value is on the
 * other side of it by the hysteresis, so that a value which goes to and fro about a step is told once. What gets worse is told in the
 * order in which it got worse, and resolved the other way round.
 */
export function judgeSteps(input: JudgeInput): StepChange[] {
  const { direction, stepsPercent, states } = input;
  const isAbove = direction === 'above';
  const worsening = isAbove ? stepsPercent : stepsPercent.toReversed();
  const changeOf = (kind: StepChange['kind'], stepPercent: number): StepChange => {
    const before = states.get(stepPercent)?.occurrence ?? 0;
    return { kind, stepPercent, occurrence: kind === 'reached' ? before + 1 : before };
  };
  const isActive = (percent: number): boolean => states.get(percent)?.status === 'active';
  const resolved = worsening
    .toReversed()
    .filter((percent) => isActive(percent) && isBack(input, percent))
    .map((percent) => changeOf('resolved', percent));
  const reached = worsening
    .filter((percent) => !isActive(percent) && isReached(input, percent))
    .map((percent) => changeOf('reached', percent));
  return [...resolved, ...reached];
}

/** What late reports tell of a period after its end: steps that nobody was told of, each once. */
export function judgeEnded(input: JudgeInput): StepChange[] {
  const told = new Map([...input.states].filter(([, { status }]) => status !== 'resolved'));
  return judgeSteps({ ...input, states: told })
    .filter(({ kind, stepPercent }) => kind === 'reached' && !told.has(stepPercent))
    .map((change) => ({
      ...change,
      occurrence: (input.states.get(change.stepPercent)?.occurrence ?? 0) + 1,
    }));
}

/** Bytes at which a step is reached: the fraction of a byte that it may come to is rounded up. */
export function thresholdOf(limitBytes: number, stepPercent: number): number {
  return Number((BigInt(limitBytes) * BigInt(stepPercent) + 99n) / 100n);
}

type Bound = Pick<JudgeInput, 'direction' | 'limitBytes' | 'hysteresisPercent' | 'valueBytes'>;

// In whole numbers: limits near 2^53 times a percentage leave what a double holds.
function isReached({ direction, limitBytes, valueBytes }: Bound, stepPercent: number): boolean {
  const value = BigInt(valueBytes) * 100n;
  const step = BigInt(limitBytes) * BigInt(stepPercent);
  return direction === 'above' ? value >= step : value < step;
}

function isBack(
  { direction, limitBytes, hysteresisPercent, valueBytes }: Bound,
  stepPercent: number,
): boolean {
  const value = BigInt(valueBytes) * 100n;
  // A step that is no higher than the hysteresis is resolved below 1 %: there is nothing below 0.
  if (direction === 'above')
    return value < BigInt(limitBytes) * BigInt(Math.max(1, stepPercent - hysteresisPercent));
  return value >= BigInt(limitBytes) * BigInt(stepPercent + hysteresisPercent);
}
