/** Counts what may come within a second, so that cheap frames that cost us work cannot keep us busy. */
export interface FrameBudget {
  /** False once the other side sent more than `perSecond` within one second. */
  spend(nowMs: number): boolean;
}

export function createFrameBudget(perSecond: number): FrameBudget {
  let windowStartMs = Number.NEGATIVE_INFINITY;
  let spent = 0;
  return {
    spend(nowMs) {
      if (nowMs - windowStartMs >= 1000 || nowMs < windowStartMs) {
        windowStartMs = nowMs;
        spent = 0;
      }
      spent += 1;
      return spent <= perSecond;
    },
  };
}
