/** Bytes that had been sent, or received, at some moment from when they were asked for until the answer came. */
export interface LoadSample {
  readonly askedMs: number;
  readonly answeredMs: number;
  readonly bytes: number;
}

/** Between two answers bytes are taken to go evenly. */
const bytesAt = (samples: readonly LoadSample[], timeMs: number): number => {
  const after = samples.findIndex(({ answeredMs }) => answeredMs >= timeMs);
  if (after === -1) return samples.at(-1)?.bytes ?? 0;
  const [before, next] = [samples[after - 1], samples[after]!];
  if (before === undefined || next.answeredMs === before.answeredMs) return next.bytes;
  const share = (timeMs - before.answeredMs) / (next.answeredMs - before.answeredMs);
  return before.bytes + share * (next.bytes - before.bytes);
};

/** On average between two times. */
export const bitsPerSecond = (samples: readonly LoadSample[], fromMs: number, toMs: number): number =>
  ((bytesAt(samples, toMs) - bytesAt(samples, fromMs)) * 8_000) / Math.max(1, toMs - fromMs);

/**
 * The most that surely went over any window of that length, or a longer one up to the next sample: never more than did go, however
 * long the answers took, since between two samples went what lies between their counts from the first question to the last answer.
 */
export const maxBitsPerSecond = (samples: readonly LoadSample[], windowMs: number): number => {
  let most = 0;
  let within = 0;
  for (const [start, from] of samples.entries()) {
    within = Math.max(within, start);
    const lengthTo = (index: number): number => samples[index]!.answeredMs - from.askedMs;
    while (within + 1 < samples.length && lengthTo(within + 1) <= windowMs) within += 1;
    // The last sample within the window, and the first one beyond it.
    for (const index of [within, Math.min(within + 1, samples.length - 1)]) {
      const lengthMs = Math.max(windowMs, lengthTo(index));
      most = Math.max(most, ((samples[index]!.bytes - from.bytes) * 8_000) / lengthMs);
    }
  }
  return most;
};
