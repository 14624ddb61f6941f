/** Slots of a quarter second: a rate over the last two seconds that follows what happens. */
const SLOT_MS = 250;
const SLOTS = 8;

export interface RateMeter {
  add(bytes: number, nowMs: number): void;
  bitsPerSecond(nowMs: number): number;
}

/** Rate over the last two seconds. */
export function createRateMeter(): RateMeter {
  const slots = new Float64Array(SLOTS);
  let lastSlot = 0;
  const advance = (nowMs: number): void => {
    const slot = Math.floor(nowMs / SLOT_MS);
    for (let index = Math.max(lastSlot + 1, slot - SLOTS + 1); index <= slot; index++)
      slots[index % SLOTS] = 0;
    lastSlot = Math.max(lastSlot, slot);
  };
  return {
    add(bytes, nowMs) {
      advance(nowMs);
      slots[lastSlot % SLOTS] = slots[lastSlot % SLOTS]! + bytes;
    },
    bitsPerSecond(nowMs) {
      advance(nowMs);
      const bytes = slots.reduce((sum, slot) => sum + slot, 0);
      return Math.round((bytes * 8 * 1000) / (SLOTS * SLOT_MS));
    },
  };
}
