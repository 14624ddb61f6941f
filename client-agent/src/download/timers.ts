/** Time as a download needs it; a test passes its own. */
export interface Timers {
  nowMs(): number;
  /** Runs `work` once after the delay, unless the returned function is called before. */
  after(delayMs: number, work: () => void): () => void;
}

export const systemTimers: Timers = {
  // Monotonic: a clock that is set must not end a wait.
  nowMs: () => performance.now(),
  after: (delayMs, work) => {
    if (delayMs <= 0) {
      const immediate = setImmediate(work);
      return () => clearImmediate(immediate);
    }
    const timeout = setTimeout(work, delayMs);
    return () => clearTimeout(timeout);
  },
};
