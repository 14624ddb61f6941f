/** Bytes that had been sent, or received, by a time. */
export interface LoadSample {
  readonly timeMs: number;
  readonly bytes: number;
}

/** Between two samples bytes are taken to go evenly. */
const bytesAt = (samples: readonly LoadSample[], timeMs: number): number => {
  const after = samples.findIndex((sample) => sample.timeMs >= timeMs);
  if (after === -1) return samples.at(-1)?.bytes ?? 0;
  const [before, next] = [samples[after - 1], samples[after]!];
  if (before === undefined || next.timeMs === before.timeMs) return next.bytes;
  const share = (timeMs - before.timeMs) / (next.timeMs - before.timeMs);
  return before.bytes + share * (next.bytes - before.bytes);
};

/** On average between two times. */
export const bitsPerSecond = (samples: readonly LoadSample[], fromMs: number, toMs: number): number =>
  ((bytesAt(samples, toMs) - bytesAt(samples, fromMs)) * 8_000) / Math.max(1, toMs - fromMs);

/** The most over any window of that length. */
export const maxBitsPerSecond = (samples: readonly LoadSample[], windowMs: number): number => {
  // The most is in a window that begins or ends at a sample.
  const starts = samples.flatMap(({ timeMs }) => [timeMs, timeMs - windowMs]);
  return Math.max(0, ...starts.map((startMs) => bitsPerSecond(samples, startMs, startMs + windowMs)));
};
