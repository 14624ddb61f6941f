/** Rates are over so long: reports come each second, and early or late by as much. */
const WINDOW_MS = 3_000;
/** Samples within the window; agents and edges report once a second or two. */
const MAX_SAMPLES = 8;

/** The rate of something that is counted now and then. */
export interface LiveRate {
  /** So many bytes in all by then. */
  sample(nowMs: number, bytes: number): void;
  /** Bits per second; undefined until it was looked at for long enough. */
  bitsPerSecond(): number | undefined;
}

export function createLiveRate(): LiveRate {
  const samples: { readonly timeMs: number; readonly bytes: number }[] = [];
  return {
    sample(nowMs, bytes) {
      if (samples.length > 0 && nowMs <= samples.at(-1)!.timeMs) return;
      samples.push({ timeMs: nowMs, bytes });
      // The one before the window stays: the window begins with it.
      while (samples.length > 2 && (samples[1]!.timeMs <= nowMs - WINDOW_MS || samples.length > MAX_SAMPLES))
        samples.shift();
    },
    bitsPerSecond() {
      const [first, last] = [samples[0], samples.at(-1)];
      if (!first || !last || last.timeMs - first.timeMs < WINDOW_MS) return undefined;
      return ((last.bytes - first.bytes) * 8_000) / (last.timeMs - first.timeMs);
    },
  };
}
