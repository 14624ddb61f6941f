type PhaseName = 'resting' | 'open' | 'acting';

/** What a policy does: nothing out of its hours, watches while there is room, keeps new transfers away while there is none. */
export interface Phase {
  readonly name: PhaseName;
  /** Since when it is in this phase. */
  readonly sinceMs: number;
  /** While it acts: since when its load is low enough to end that. */
  readonly lowSinceMs?: number | undefined;
}

export interface PhaseInput {
  readonly nowMs: number;
  /** Within its hours. */
  readonly isInForce: boolean;
  /** Bits per second that are expected over the component, and those that were measured. */
  readonly load: number;
  readonly capacity: number;
  readonly releasePercent: number;
}

/** Of the capacity: rates are shared so that sums are a little below. */
export const FULL = 0.99;
/** A transfer that ends and the next one that begins are further apart in rates than this in time. */
export const RELEASE_AFTER_MS = 5_000;

export const resting = (nowMs: number): Phase => ({ name: 'resting', sinceMs: nowMs });

/**
 * Acts from the moment on when the capacity is taken, until the load was below the release share for some seconds: two thresholds
 * and a wait, so that one transfer more or less does not open and close the component in turn.
 */
export function nextPhase(phase: Phase, input: PhaseInput): Phase {
  const { nowMs, isInForce, load, capacity, releasePercent } = input;
  if (!isInForce) return phase.name === 'resting' ? phase : resting(nowMs);
  if (phase.name !== 'acting') {
    if (load >= FULL * capacity) return { name: 'acting', sinceMs: nowMs };
    return phase.name === 'open' ? phase : { name: 'open', sinceMs: nowMs };
  }
  if (load * 100 >= releasePercent * capacity)
    return phase.lowSinceMs === undefined ? phase : { name: 'acting', sinceMs: phase.sinceMs };
  const lowSinceMs = phase.lowSinceMs ?? nowMs;
  return nowMs - lowSinceMs >= RELEASE_AFTER_MS ? { name: 'open', sinceMs: nowMs } : { ...phase, lowSinceMs };
}
