import { FairhopError } from '@fairhop/shared/model';

/** A fill waits so long for readers to let go of pieces when all of the cache is being read. */
const roomTimeoutMs = 30_000;

/** A piece on disk. */
export interface PieceEntry {
  readonly contentId: string;
  readonly index: number;
  readonly sizeBytes: number;
  /** Readers that hold it; it is not evicted while there are any. */
  pins: number;
  /** Whether this process has seen its bytes match the manifest. */
  isVerified: boolean;
}

/** Bytes on disk within a budget, evicted by last use. */
export interface PieceBudget {
  readonly usedBytes: number;
  /** Room for a piece that is about to be written. Rejects with `cache-full` (507) when readers hold all of it. */
  reserve(sizeBytes: number, signal: AbortSignal): Promise<void>;
  /** Gives back a reservation that came to nothing. */
  release(sizeBytes: number): void;
  /** A piece is on disk, its room reserved. */
  add(entry: PieceEntry): void;
  /** A piece found on disk at start. */
  addFound(entry: PieceEntry): void;
  /** A piece is used: last to go. */
  touch(entry: PieceEntry): void;
  /** A piece is gone from disk. */
  remove(entry: PieceEntry): void;
  /** A reader let go. */
  unpin(entry: PieceEntry): void;
  /** Evicts until the budget holds. */
  shrink(): boolean;
}

export function createPieceBudget(budgetBytes: number, evict: (entry: PieceEntry) => void): PieceBudget {
  /** Oldest use first. As many entries as pieces fit in the budget. */
  const byUse = new Set<PieceEntry>();
  /** Fills that wait for room: at most one per fill. */
  const waiting = new Set<() => void>();
  let usedBytes = 0;

  const remove = (entry: PieceEntry): void => {
    if (byUse.delete(entry)) usedBytes -= entry.sizeBytes;
    wake();
  };
  const wake = (): void => {
    for (const retry of waiting) retry();
  };
  const shrink = (): boolean => {
    for (const entry of byUse) {
      if (usedBytes <= budgetBytes) return true;
      if (entry.pins > 0) continue;
      byUse.delete(entry);
      usedBytes -= entry.sizeBytes;
      evict(entry);
    }
    return usedBytes <= budgetBytes;
  };
  const tryReserve = (sizeBytes: number): boolean => {
    usedBytes += sizeBytes;
    if (shrink()) return true;
    usedBytes -= sizeBytes;
    return false;
  };
  const waitForRoom = (sizeBytes: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        waiting.delete(retry);
      };
      const retry = (): void => {
        if (!tryReserve(sizeBytes)) return;
        done();
        resolve();
      };
      const onAbort = (): void => {
        done();
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        done();
        const message = `no room for a piece of ${sizeBytes} bytes: all ${budgetBytes} bytes of the cache are being read; a larger cacheBytes is right`;
        reject(new FairhopError('cache-full', message, { status: 507 }));
      }, roomTimeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      waiting.add(retry);
    });

  return {
    get usedBytes() {
      return usedBytes;
    },
    reserve: async (sizeBytes, signal) => {
      signal.throwIfAborted();
      if (!tryReserve(sizeBytes)) await waitForRoom(sizeBytes, signal);
    },
    release: (sizeBytes) => {
      usedBytes -= sizeBytes;
      wake();
    },
    add: (entry) => byUse.add(entry),
    addFound: (entry) => {
      byUse.add(entry);
      usedBytes += entry.sizeBytes;
    },
    touch: (entry) => {
      if (byUse.delete(entry)) byUse.add(entry);
    },
    remove,
    unpin: (entry) => {
      entry.pins -= 1;
      if (entry.pins === 0) wake();
    },
    shrink,
  };
}
