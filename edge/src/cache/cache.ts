import { randomUUID } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FairhopError, pieceCount, pieceSizeBytes } from '@fairhop/shared/model';
import type { ContentSource } from '../content-source.js';
import type { ByteRange } from '../seed/range.js';
import { Content, ReaderState } from './content.js';
import { pieceMatches } from './fill.js';
import { createFills, type FillsDependencies } from './fills.js';
import { createPieceBudget, type PieceEntry } from './piece-budget.js';
import {
  listPieces,
  openPiece,
  type PieceFile,
  removePiece,
  type WriteFile,
  writePiece,
  writeToDisk,
} from './piece-files.js';
import { createSourceStore, type SourceStore } from './source-store.js';

export interface CacheConfig {
  directory: string;
  cacheBytes: number;
}

export interface CacheDependencies extends Pick<FillsDependencies, 'log' | 'openOrigin' | 'meterFill'> {
  countPiece(result: 'hit' | 'miss'): void;
  writeFile?: WriteFile;
}

/** A verified piece that stays on disk until it is released. */
export interface HeldPiece {
  readonly sizeBytes: number;
  /** Fills `target` with the piece's bytes from `offset` on. */
  readInto(target: Uint8Array, offset: number): Promise<void>;
  release(): Promise<void>;
}

/** One response's way through a content. */
export interface Reader {
  /** The piece once it is there and verified. Rejects with the fill's error, `fill-time-out`, or the signal's reason. */
  piece(index: number, signal: AbortSignal): Promise<HeldPiece>;
  close(): void;
}

export interface Cache {
  readonly sources: SourceStore;
  readonly usedBytes: number;
  readonly runningFills: number;
  has(contentId: string): boolean;
  /** Finds what an earlier process left. */
  start(): Promise<void>;
  /** Ends fills. */
  stop(): Promise<void>;
  /** Opens the pieces that cover a range; what is missing of them is filled. */
  openReader(source: ContentSource, range: ByteRange): Reader;
  /** Forgets a content, on disk too; readers keep what they hold. */
  remove(contentId: string): Promise<void>;
}

/** Verified pieces of contents on disk, filled from their origins: one fill per content, however many read it. */
export function createCache(config: CacheConfig, dependencies: CacheDependencies): Cache {
  const sources = createSourceStore(join(config.directory, 'contents'));
  const trash = join(config.directory, 'trash');
  const writeFile = dependencies.writeFile ?? writeToDisk;
  /** As many as have pieces on disk or readers. */
  const contents = new Map<string, Content>();
  let isStopped = false;

  const forgetIfEmpty = (content: Content): void => {
    if (content.pieces.size > 0 || content.readers.size > 0 || content.fill !== undefined) return;
    if (contents.get(content.id) !== content) return;
    contents.delete(content.id);
    rmSync(sources.directoryOf(content.id), { recursive: true, force: true });
  };
  const budget = createPieceBudget(config.cacheBytes, (entry) => {
    removePiece(sources.directoryOf(entry.contentId), entry.index);
    const content = contents.get(entry.contentId);
    if (content?.pieces.get(entry.index) !== entry) return;
    content.pieces.delete(entry.index);
    forgetIfEmpty(content);
  });
  const drop = (content: Content, entry: PieceEntry): void => {
    if (content.pieces.get(entry.index) !== entry) return;
    content.pieces.delete(entry.index);
    budget.remove(entry);
    removePiece(sources.directoryOf(content.id), entry.index);
  };

  const store = async (
    content: Content,
    index: number,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<void> => {
    if (content.pieces.has(index)) return;
    await budget.reserve(bytes.length, signal);
    try {
      await writePiece(sources.directoryOf(content.id), index, bytes, writeFile);
      signal.throwIfAborted();
    } catch (error) {
      budget.release(bytes.length);
      throw error;
    }
    const entry = { contentId: content.id, index, sizeBytes: bytes.length, pins: 0, isVerified: true };
    budget.add(entry);
    content.stored(entry);
  };

  const fills = createFills({
    ...dependencies,
    cacheBytes: config.cacheBytes,
    sources,
    store,
    onEnd: forgetIfEmpty,
  });

  /** A piece that an earlier process wrote is hashed before its first use; a bad one is dropped and filled again. */
  const verify = async (content: Content, source: ContentSource, entry: PieceEntry): Promise<void> => {
    let file: PieceFile | undefined;
    try {
      file = await openPiece(sources.directoryOf(content.id), entry.index);
      const bytes = Buffer.allocUnsafe(entry.sizeBytes);
      await file.readInto(bytes, 0);
      if (pieceMatches(source, entry.index, bytes)) entry.isVerified = true;
    } catch (error) {
      dependencies.log.warn({ err: error, content: content.id, piece: entry.index }, 'a piece is unreadable');
    } finally {
      await file?.close();
    }
    if (!entry.isVerified) drop(content, entry);
  };
  const verifyOnce = (content: Content, source: ContentSource, entry: PieceEntry): Promise<void> => {
    let running = content.verifying.get(entry.index);
    if (running === undefined) {
      running = verify(content, source, entry).finally(() => content.verifying.delete(entry.index));
      content.verifying.set(entry.index, running);
    }
    return running;
  };

  const acquire = async (
    content: Content,
    source: ContentSource,
    reader: ReaderState,
    index: number,
    signal: AbortSignal,
  ): Promise<PieceEntry> => {
    reader.next = index;
    for (;;) {
      signal.throwIfAborted();
      const entry = content.pieces.get(index);
      if (entry === undefined) break;
      if (entry.isVerified) {
        entry.pins += 1;
        dependencies.countPiece('hit');
        // The lead may be used up: the fill goes on while this piece is read.
        fills.ensure(content, source);
        return entry;
      }
      await verifyOnce(content, source, entry);
    }
    dependencies.countPiece('miss');
    if (isStopped) throw new FairhopError('edge-stopping', 'this edge is stopping', { status: 503 });
    const waiting = content.waitFor(reader, index, signal);
    fills.ensure(content, source);
    return waiting;
  };

  const hold = async (content: Content, entry: PieceEntry): Promise<HeldPiece> => {
    budget.touch(entry);
    let file: PieceFile;
    try {
      file = await openPiece(sources.directoryOf(content.id), entry.index);
    } catch (error) {
      budget.unpin(entry);
      drop(content, entry);
      throw error;
    }
    let isReleased = false;
    return {
      sizeBytes: entry.sizeBytes,
      readInto: (target, offset) => file.readInto(target, offset),
      release: async () => {
        if (isReleased) return;
        isReleased = true;
        budget.unpin(entry);
        await file.close();
      },
    };
  };

  const openReader: Cache['openReader'] = (source, { fromByte, toByte }) => {
    const { manifest } = source;
    let content = contents.get(manifest.contentId);
    if (content === undefined) {
      content = new Content(manifest.contentId, manifest);
      contents.set(manifest.contentId, content);
    }
    const opened = content;
    const reader = new ReaderState(
      Math.floor(fromByte / manifest.pieceLengthBytes),
      Math.ceil(toByte / manifest.pieceLengthBytes),
    );
    opened.readers.add(reader);
    return {
      piece: async (index, signal) => hold(opened, await acquire(opened, source, reader, index, signal)),
      close: () => {
        opened.readers.delete(reader);
        if (opened.readers.size > 0) return;
        if (opened.fill === undefined) forgetIfEmpty(opened);
        else fills.linger(opened);
      },
    };
  };

  const findContent = async (id: string): Promise<void> => {
    const source = await sources.load(id);
    if (source === undefined) {
      await rm(sources.directoryOf(id), { recursive: true, force: true });
      return;
    }
    const { manifest } = source;
    const content = new Content(id, {
      sizeBytes: manifest.sizeBytes,
      pieceLengthBytes: manifest.pieceLengthBytes,
    });
    for (const index of await listPieces(sources.directoryOf(id))) {
      if (index >= pieceCount(manifest)) continue;
      const sizeBytes = pieceSizeBytes(manifest, index);
      const entry = { contentId: id, index, sizeBytes, pins: 0, isVerified: false };
      content.pieces.set(index, entry);
      budget.addFound(entry);
    }
    contents.set(id, content);
    forgetIfEmpty(content);
  };

  return {
    sources,
    get usedBytes() {
      return budget.usedBytes;
    },
    get runningFills() {
      return fills.count;
    },
    has: (contentId) => contents.has(contentId),
    start: async () => {
      await rm(trash, { recursive: true, force: true });
      await mkdir(trash, { recursive: true });
      await mkdir(join(config.directory, 'contents'), { recursive: true });
      for (const id of await readdir(join(config.directory, 'contents'))) {
        if (/^[0-9a-f]{64}$/.test(id)) await findContent(id);
      }
      budget.shrink();
    },
    stop: async () => {
      isStopped = true;
      await fills.stop([...contents.values()]);
    },
    openReader,
    remove: async (contentId) => {
      const content = contents.get(contentId);
      if (content === undefined) return;
      contents.delete(contentId);
      content.fill?.abort(new FairhopError('title-withdrawn', 'the title is withdrawn', { status: 410 }));
      for (const entry of content.pieces.values()) budget.remove(entry);
      content.pieces.clear();
      const discarded = join(trash, randomUUID());
      try {
        renameSync(sources.directoryOf(contentId), discarded);
      } catch {
        return;
      }
      await rm(discarded, { recursive: true, force: true });
    },
  };
}
