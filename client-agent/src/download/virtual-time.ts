import type { Timers } from './timers.js';

/** Virtual time: events run in order, and between two of them all promises that can settle do. */
export class VirtualTime implements Timers {
  #nowMs = 0;
  #order = 0;
  #events: { atMs: number; order: number; work: () => void; cancelled: boolean }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, work: () => void): () => void {
    const event = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, work, cancelled: false };
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.atMs <= event.atMs) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
    return () => {
      event.cancelled = true;
    };
  }

  /** Runs until `done` or the limit. */
  async run(done: () => boolean, limitMs: number): Promise<void> {
    while (!done() && this.#events.length > 0 && this.#nowMs < limitMs) {
      const event = this.#events.shift()!;
      if (event.cancelled) continue;
      this.#nowMs = event.atMs;
      event.work();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** A generator of pseudo-random numbers in [0, 1) (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
