const SLOT_MS = 250;

/** Rate over a window, or since the first byte if that is later. */
export interface MovingRate {
  add(bytes: number, nowMs: number): void;
  bytesPerSecond(nowMs: number): number;
}

export function createMovingRate(windowMs: number): MovingRate {
  const slotCount = Math.ceil(windowMs / SLOT_MS);
  const slots = new Float64Array(slotCount);
  let lastSlot = 0;
  let startMs: number | undefined;
  const advance = (nowMs: number): void => {
    const slot = Math.floor(nowMs / SLOT_MS);
    const passed = Math.min(slotCount, slot - lastSlot);
    for (let index = 0; index < passed; index++) slots[(slot - index) % slotCount] = 0;
    lastSlot = slot;
  };
  return {
    add: (bytes, nowMs) => {
      startMs ??= nowMs;
      advance(nowMs);
      slots[lastSlot % slotCount]! += bytes;
    },
    bytesPerSecond: (nowMs) => {
      if (startMs === undefined) return 0;
      advance(nowMs);
      const spanMs = Math.min(windowMs, Math.max(SLOT_MS, nowMs - startMs));
      return (slots.reduce((sum, bytes) => sum + bytes, 0) * 1000) / spanMs;
    },
  };
}
