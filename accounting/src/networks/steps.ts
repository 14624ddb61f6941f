import { setImmediate as nextTurn } from 'node:timers/promises';

/** Long work in short steps: it yields after each, and returns its result. */
export type Steps<Result> = Generator<void, Result, void>;

/** Reports are booked by the same thread; this is less than they wait for the disk. */
const SLICE_MS = 10;
/** Some microseconds' work each: the clock is asked no more often. */
const STEPS_PER_LOOK = 32;

/** Lets other work of the process go on every few milliseconds. Throws the signal's reason when it ends before. */
export async function inSlices<Result>(steps: Steps<Result>, signal?: AbortSignal): Promise<Result> {
  let beganMs = performance.now();
  for (let count = 1; ; count += 1) {
    const step = steps.next();
    if (step.done) return step.value;
    if (count % STEPS_PER_LOOK !== 0 || performance.now() - beganMs < SLICE_MS) continue;
    await nextTurn();
    signal?.throwIfAborted();
    beganMs = performance.now();
  }
}

/** All of it at once: before anything else runs. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
