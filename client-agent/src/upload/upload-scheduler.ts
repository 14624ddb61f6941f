import { createTokenBucket, type TokenBucket } from './token-bucket.js';

/** One upload, as the scheduler sees it. */
export interface UploadLane {
  /** The grant's rate. */
  readonly bucket: TokenBucket;
  /** Payload that could leave right now: read, within the window, and the channel takes it. */
  readyBytes(): number;
  /** Sends `bytes` of it. */
  send(bytes: number): void;
}

/** Shares the agent's upload rate between its uploads. */
export interface UploadScheduler {
  add(lane: UploadLane): void;
  remove(lane: UploadLane): void;
  /** Something became ready. */
  wake(): void;
  setRate(bitsPerSecond: number): void;
  pause(): void;
  resume(): void;
  stop(): void;
}

export interface UploadSchedulerDeps {
  /** A clock that never goes back. */
  readonly nowMs: () => number;
  /** Calls back after `delayMs`; returns how to cancel. */
  readonly setTimer: (callback: () => void, delayMs: number) => () => void;
}

/**
 * Deficit round robin (Shreedhar, Varghese 1995) in slices: each turn gives a lane the same number of bytes, so that
 * peers share fairly whatever their requests look like.
 */
export function createUploadScheduler(rateBitsPerSecond: number, deps: UploadSchedulerDeps): UploadScheduler {
  const shared = createTokenBucket(rateBitsPerSecond, deps.nowMs());
  /** In the order of their turns: the first one is next. */
  const lanes: { lane: UploadLane; deficitBytes: number; hasTurn: boolean }[] = [];
  let paused = false;
  let stopped = false;
  let pumping = false;
  let cancelTimer: (() => void) | undefined;

  const endTurn = (): void => {
    const [first] = lanes.splice(0, 1);
    first!.hasTurn = false;
    lanes.push(first!);
  };

  /** Serves the first lane's turn. Tells how long the shared rate, or its own, makes it wait. */
  const serve = (nowMs: number): { sharedWaitMs?: number; laneWaitMs?: number; progressed: boolean } => {
    const turn = lanes[0]!;
    const { lane } = turn;
    const sliceBytes = Math.min(shared.sliceBytes, lane.bucket.sliceBytes);
    if (!turn.hasTurn) {
      turn.hasTurn = true;
      turn.deficitBytes += shared.sliceBytes;
    }
    let progressed = false;
    for (;;) {
      const readyBytes = lane.readyBytes();
      if (readyBytes === 0) {
        // An idle lane saves nothing up.
        turn.deficitBytes = 0;
        return { progressed };
      }
      const bytes = Math.min(sliceBytes, readyBytes);
      // It goes on in its next turn, which gives it more.
      if (bytes > turn.deficitBytes) return { progressed: true };
      const laneWaitMs = lane.bucket.waitMs(bytes, nowMs);
      if (laneWaitMs > 0) {
        turn.deficitBytes = Math.min(turn.deficitBytes, sliceBytes);
        return { progressed, laneWaitMs };
      }
      const sharedWaitMs = shared.waitMs(bytes, nowMs);
      if (sharedWaitMs > 0) return { progressed, sharedWaitMs };
      shared.take(bytes);
      lane.bucket.take(bytes);
      turn.deficitBytes -= bytes;
      lane.send(bytes);
      progressed = true;
      // Sending may have ended the lane.
      if (lanes[0] !== turn) return { progressed };
    }
  };

  const pump = (): void => {
    cancelTimer?.();
    cancelTimer = undefined;
    if (paused || stopped) return;
    const nowMs = deps.nowMs();
    let waitMs = Number.POSITIVE_INFINITY;
    // A whole round in which nobody could send ends it.
    for (let idleTurns = 0; idleTurns < lanes.length; ) {
      const turn = lanes[0];
      const { sharedWaitMs, laneWaitMs, progressed } = serve(nowMs);
      if (sharedWaitMs !== undefined) {
        waitMs = sharedWaitMs;
        break;
      }
      if (laneWaitMs !== undefined) waitMs = Math.min(waitMs, laneWaitMs);
      idleTurns = progressed ? 0 : idleTurns + 1;
      if (lanes.length > 0 && lanes[0] === turn) endTurn();
    }
    if (waitMs !== Number.POSITIVE_INFINITY)
      cancelTimer = deps.setTimer(wake, Math.max(1, Math.ceil(waitMs)));
  };

  const wake = (): void => {
    // What a lane sends may wake the scheduler again.
    if (pumping) return;
    pumping = true;
    try {
      pump();
    } finally {
      pumping = false;
    }
  };

  return {
    add(lane) {
      lanes.push({ lane, deficitBytes: 0, hasTurn: false });
      wake();
    },
    remove(lane) {
      const index = lanes.findIndex((entry) => entry.lane === lane);
      if (index !== -1) lanes.splice(index, 1);
    },
    wake,
    setRate(bitsPerSecond) {
      shared.setRate(bitsPerSecond);
      wake();
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      wake();
    },
    stop() {
      stopped = true;
      cancelTimer?.();
    },
  };
}

/** The process's own monotonic clock and timers. */
export const systemSchedulerDeps: UploadSchedulerDeps = {
  nowMs: () => performance.now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
