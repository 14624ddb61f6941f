import { FairhopError } from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import type { ContentSource } from '../content-source.js';
import type { Origin, OriginStream } from '../origin/origin.js';
import type { Content } from './content.js';
import { runFill } from './fill.js';
import { choosePiece } from './fill-plan.js';
import { createSlots } from './slots.js';
import type { SourceStore } from './source-store.js';

/** Fills at once: each holds one piece (at most 16 MiB) and one connection. */
const maxFills = 16;
/** How far a fill goes ahead of its reader: enough for the fastest, and little lost when a reader leaves. */
const maxAheadBytes = 64 * 1024 * 1024;
/** A fill that nobody waits for any more ends its piece within this time, so that a client that returns finds it. */
const lingerMs = 5_000;

const nobodyWaits = new FairhopError('aborted', 'nobody waits for this fill any more');

export interface FillsDependencies {
  cacheBytes: number;
  log: Logger;
  sources: SourceStore;
  openOrigin(source: ContentSource): Origin;
  /** Begins counting a fill's bytes. */
  meterFill(source: ContentSource): {
    count(bytes: number, connection: OriginStream['connection']): void;
    end(outcome: 'filled' | 'failed'): void;
  };
  store(content: Content, piece: number, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  onEnd(content: Content): void;
}

/** The fills that run: at most one per content, whatever its readers ask for. */
export interface Fills {
  readonly count: number;
  /** Sees to it that a fill runs if the readers want what is not there. */
  ensure(content: Content, source: ContentSource): void;
  /** The last reader left. */
  linger(content: Content): void;
  stop(contents: readonly Content[]): Promise<void>;
}

export function createFills(dependencies: FillsDependencies): Fills {
  const { cacheBytes, log, sources, openOrigin, meterFill, store, onEnd } = dependencies;
  const running = new Set<Promise<void>>();
  const slots = createSlots(maxFills);
  let isStopped = false;

  const aheadPieces = ({ manifest }: ContentSource): number =>
    Math.max(1, Math.floor(Math.min(maxAheadBytes, cacheBytes / 8) / manifest.pieceLengthBytes));

  const run = async (
    content: Content,
    source: ContentSource,
    meter: ReturnType<FillsDependencies['meterFill']>,
    signal: AbortSignal,
  ): Promise<void> => {
    const giveBack = await slots.take(signal);
    try {
      await sources.ensure(source);
      await runFill(
        {
          source,
          origin: openOrigin(source),
          aheadPieces: aheadPieces(source),
          demands: () => [...content.readers],
          has: (piece) => content.pieces.has(piece),
          store: (piece, bytes, storing) => store(content, piece, bytes, storing),
          onBytes: (bytes, connection) => meter.count(bytes, connection),
        },
        signal,
      );
    } finally {
      giveBack();
    }
  };

  const fill = async (
    content: Content,
    source: ContentSource,
    { signal }: AbortController,
  ): Promise<void> => {
    const meter = meterFill(source);
    try {
      await run(content, source, meter, signal);
      content.fill = undefined;
      meter.end('filled');
    } catch (error) {
      content.fill = undefined;
      meter.end('failed');
      if (!signal.aborted) log.warn({ err: error, content: content.id }, 'a fill failed');
      // Who began to wait after the fill was given up gets a new one.
      if (signal.reason !== nobodyWaits) content.failWaiters(signal.aborted ? signal.reason : error);
    }
    onEnd(content);
  };

  const ensure = (content: Content, source: ContentSource): void => {
    if (content.fill !== undefined || isStopped) return;
    const wanted = choosePiece({
      demands: [...content.readers],
      has: (piece) => content.pieces.has(piece),
      runPieces: 0,
      maxRunPieces: 1,
      aheadPieces: aheadPieces(source),
    });
    if (wanted === undefined) return;
    content.fill = new AbortController();
    const ending = fill(content, source, content.fill).finally(() => {
      running.delete(ending);
      // Somebody may have begun to wait in the turn in which the fill found nothing more to do.
      if ([...content.readers].some(({ waiter }) => waiter !== undefined)) ensure(content, source);
    });
    running.add(ending);
  };

  return {
    get count() {
      return running.size;
    },
    ensure,
    linger: (content) => {
      const { fill: abort } = content;
      if (abort === undefined) return;
      const timer = setTimeout(() => {
        if (content.readers.size === 0) abort.abort(nobodyWaits);
      }, lingerMs);
      timer.unref();
    },
    stop: async (contents) => {
      isStopped = true;
      const stopping = new FairhopError('edge-stopping', 'this edge is stopping', { status: 503 });
      for (const content of contents) content.fill?.abort(stopping);
      await Promise.all(running);
    },
  };
}
