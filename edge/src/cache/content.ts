import { FairhopError, type Manifest } from '@fairhop/shared/model';
import type { Demand } from './fill-plan.js';
import type { PieceEntry } from './piece-budget.js';

/** Longest wait of a reader for one piece, whatever the fill does: the largest piece at 2.3 Mbit/s. */
const pieceTimeoutMs = 60_000;

/** One reader's place in a content, and what it waits for. */
export class ReaderState implements Demand {
  next: number;
  readonly end: number;
  waiter: { piece: number; resolve(entry: PieceEntry): void; reject(error: unknown): void } | undefined;

  constructor(next: number, end: number) {
    this.next = next;
    this.end = end;
  }
}

/** A content in memory: which pieces are on disk, who reads it. */
export class Content {
  readonly id: string;
  readonly shape: Pick<Manifest, 'sizeBytes' | 'pieceLengthBytes'>;
  readonly pieces = new Map<number, PieceEntry>();
  /** Hashing of pieces found on disk that is under way. */
  readonly verifying = new Map<number, Promise<void>>();
  /** Those that wait come in the order in which they began to. */
  readonly readers = new Set<ReaderState>();
  fill: AbortController | undefined;

  constructor(id: string, shape: Pick<Manifest, 'sizeBytes' | 'pieceLengthBytes'>) {
    this.id = id;
    this.shape = shape;
  }

  /** Waits until the piece is stored; the entry is then pinned for the waiter. */
  waitFor(reader: ReaderState, piece: number, signal: AbortSignal): Promise<PieceEntry> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        reader.waiter = undefined;
      };
      const waiter = {
        piece,
        resolve: (entry: PieceEntry): void => {
          done();
          resolve(entry);
        },
        reject: (error: unknown): void => {
          done();
          reject(error);
        },
      };
      const onAbort = (): void => waiter.reject(signal.reason);
      const timer = setTimeout(() => {
        const message = `piece ${piece} of content ${this.id} did not arrive from the origin within ${pieceTimeoutMs} ms`;
        waiter.reject(new FairhopError('fill-time-out', message, { status: 504 }));
      }, pieceTimeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      reader.waiter = waiter;
      this.readers.delete(reader);
      this.readers.add(reader);
    });
  }

  /** A piece is there: everybody who waited for it gets it, pinned before anything can evict it. */
  stored(entry: PieceEntry): void {
    this.pieces.set(entry.index, entry);
    for (const { waiter } of this.readers) {
      if (waiter?.piece !== entry.index) continue;
      entry.pins += 1;
      waiter.resolve(entry);
    }
  }

  /** The fill failed: nobody waits on. */
  failWaiters(error: unknown): void {
    for (const { waiter } of this.readers) waiter?.reject(error);
  }
}
