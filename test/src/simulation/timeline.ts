import type { Clock } from '@fairhop/shared/service';

type Happening = () => void | Promise<void>;

/** Virtual time: what is to happen, in the order of its time, and of its entry where that is the same. */
export interface Timeline extends Clock {
  at(timeMs: number, happening: Happening): void;
  after(durationMs: number, happening: Happening): void;
  /** Lets everything happen up to a time, one after the other. */
  runUntil(endMs: number): Promise<void>;
}

interface Entry {
  readonly timeMs: number;
  readonly order: number;
  readonly happening: Happening;
}

const isBefore = (one: Entry, other: Entry): boolean =>
  one.timeMs < other.timeMs || (one.timeMs === other.timeMs && one.order < other.order);

export function createTimeline(startMs: number): Timeline {
  /** A binary heap. */
  const heap: Entry[] = [];
  let nowMs = startMs;
  let order = 0;
  const push = (entry: Entry): void => {
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  };
  const pop = (): Entry => {
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  };
  const at = (timeMs: number, happening: Happening): void => {
    push({ timeMs: Math.max(nowMs, Math.floor(timeMs)), order, happening });
    order += 1;
  };
  return {
    nowMs: () => nowMs,
    at,
    after: (durationMs, happening) => at(nowMs + durationMs, happening),
    async runUntil(endMs) {
      while (heap.length > 0 && heap[0]!.timeMs <= endMs) {
        const { timeMs, happening } = pop();
        nowMs = timeMs;
        await happening();
      }
      nowMs = endMs;
    },
  };
}
