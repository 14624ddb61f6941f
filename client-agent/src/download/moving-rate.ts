const WINDOW_MS = 5000;
const SLOT_MS = 250;
const SLOTS = WINDOW_MS / SLOT_MS;

/** Rate over the last five seconds, or since the first byte if that is later. */
export interface MovingRate {
  add(bytes: number, nowMs: number): void;
  bytesPerSecond(nowMs: number): number;
}

export function createMovingRate(): MovingRate {
  const slots = new Float64Array(SLOTS);
  let lastSlot = 0;
  let startMs: number | undefined;
  const advance = (nowMs: number): void => {
    const slot = Math.floor(nowMs / SLOT_MS);
    const passed = Math.min(SLOTS, slot - lastSlot);
    for (let index = 0; index < passed; index++) slots[(slot - index) % SLOTS] = 0;
    lastSlot = slot;
  };
  return {
    add: (bytes, nowMs) => {
      startMs ??= nowMs;
      advance(nowMs);
      slots[lastSlot % SLOTS]! += bytes;
    },
    bytesPerSecond: (nowMs) => {
      if (startMs === undefined) return 0;
      advance(nowMs);
      const spanMs = Math.min(WINDOW_MS, Math.max(SLOT_MS, nowMs - startMs));
      return (slots.reduce((sum, bytes) => sum + bytes, 0) * 1000) / spanMs;
    },
  };
}
