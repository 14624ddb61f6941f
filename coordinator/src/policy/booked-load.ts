/** What accounting booked over a policy's component in a time that is over. */
export interface Booked {
  readonly bitsPerSecond: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Load of one policy as it was told live, held against what is booked of the same time. */
export interface BookedLoad {
  /** So many bytes in all that agents and edges told of by then. */
  sample(nowMs: number, bytes: number): void;
  book(booked: Booked): void;
  readonly booked: Booked | undefined;
  /** Bits per second that were booked and that nobody told of live: of clients that keep silent. */
  unknownBitsPerSecond(nowMs: number, capacity: number): number;
}

/** A sample a second, for bins of 5 minutes that ended some minutes ago. */
const MAX_SAMPLES = 1_000;
/** What is booked of older times says nothing about now. */
const FRESH_MS = 8 * 60_000;
/** Parts are spread evenly over their time in the books: a difference below this is that. */
const TOLERANCE = 0.15;
/** The books tell of the past: of the capacity never more than this is taken away for them. */
const MAX_SHARE = 0.5;

export function createBookedLoad(): BookedLoad {
  const samples: { readonly timeMs: number; readonly bytes: number }[] = [];
  let booked: Booked | undefined;
  const bytesAt = (timeMs: number): number | undefined =>
    samples.findLast((sample) => sample.timeMs <= timeMs)?.bytes;
  return {
    sample(timeMs, bytes) {
      samples.push({ timeMs, bytes });
      if (samples.length > MAX_SAMPLES) samples.shift();
    },
    book(told) {
      booked = told;
    },
    get booked() {
      return booked;
    },
    unknownBitsPerSecond(nowMs, capacity) {
      if (booked === undefined || nowMs - booked.toMs > FRESH_MS || booked.toMs <= booked.fromMs) return 0;
      const [before, after] = [bytesAt(booked.fromMs), bytesAt(booked.toMs)];
      // What was before this process looked is not compared.
      if (before === undefined || after === undefined) return 0;
      const live = ((after - before) * 8_000) / (booked.toMs - booked.fromMs);
      const unknown = booked.bitsPerSecond - live;
      return unknown < TOLERANCE * capacity ? 0 : Math.min(unknown, MAX_SHARE * capacity);
    },
  };
}
