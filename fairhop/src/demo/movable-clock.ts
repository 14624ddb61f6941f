import { type Clock, systemClock } from '@fairhop/shared/service';

export interface MovableClock extends Clock {
  /** Goes on from there. */
  moveTo(timeMs: number): void;
}

/** Goes as the machine's own clock until it is put forward. */
export const createMovableClock = (): MovableClock => {
  let aheadMs = 0;
  return {
    nowMs: () => systemClock.nowMs() + aheadMs,
    moveTo: (timeMs) => {
      aheadMs = timeMs - systemClock.nowMs();
    },
  };
};
