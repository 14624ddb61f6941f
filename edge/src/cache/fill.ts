import { HASH_BYTES, pieceHash } from '@fairhop/shared/crypto';
import { type FairhopError, pieceCount, pieceSizeBytes } from '@fairhop/shared/model';
import { sleep } from '@fairhop/shared/service';
import type { ContentSource } from '../content-source.js';
import { isTemporary, type Origin, type OriginStream, originError } from '../origin/origin.js';
import { choosePiece, type Demand, endOfRun } from './fill-plan.js';
import { createOriginRun, type OriginRun, pieceBounds } from './origin-run.js';

/** Tries without a byte of progress before a fill fails. */
const maxAttempts = 3;
const backoffMs = 200;
/** A fill turns to readers elsewhere in the content after so many bytes. */
const maxRunBytes = 4 * 1024 * 1024;

export interface FillDependencies {
  readonly source: ContentSource;
  readonly origin: Origin;
  /** Pieces that fit ahead of a reader. */
  readonly aheadPieces: number;
  /** In the order in which they began to wait. */
  demands(): readonly Demand[];
  has(piece: number): boolean;
  /** Keeps a verified piece. `bytes` are the caller's again once it resolves. */
  store(piece: number, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Bytes that came from the origin. */
  onBytes(bytes: number, connection: OriginStream['connection']): void;
}

/** A piece's bytes so far, kept over broken connections so that the next one resumes. */
interface PartialPiece {
  readonly piece: number;
  readonly bytes: Buffer;
  receivedBytes: number;
}

/**
 * Fetches what readers want, piece by piece, until they want nothing more. Nothing is stored that does not match the
 * manifest. Rejects with an origin error, or what storing threw.
 */
export async function runFill(dependencies: FillDependencies, signal: AbortSignal): Promise<void> {
  const { source, origin, aheadPieces, demands, has, store } = dependencies;
  const { manifest } = source;
  /** The one buffer of this fill. */
  const buffer = Buffer.allocUnsafe(Math.min(manifest.pieceLengthBytes, manifest.sizeBytes));
  const maxRunPieces = Math.max(1, Math.floor(maxRunBytes / manifest.pieceLengthBytes));
  let run: OriginRun | undefined;
  let runPieces = 0;
  /** The origin gave its whole file although a part was asked for. */
  let isWholeFile = false;
  let partial: PartialPiece | undefined;
  let failures = 0;
  let wrongPiece: number | undefined;

  const endRun = (): void => {
    run?.close();
    run = undefined;
    runPieces = 0;
  };

  const open = async (piece: number): Promise<OriginRun> => {
    if (partial?.piece !== piece) partial = undefined;
    const { fromByte } = pieceBounds(manifest, piece);
    const asked = fromByte + (partial?.receivedBytes ?? 0);
    const toByte = Math.min(
      manifest.sizeBytes,
      endOfRun(piece, { demands: demands(), has, aheadPieces }) * manifest.pieceLengthBytes,
    );
    const stream = await origin.open({ fromByte: asked, toByte }, signal);
    isWholeFile = stream.offset < asked;
    if (isWholeFile) partial = undefined;
    return createOriginRun(stream, manifest, (bytes) => dependencies.onBytes(bytes, stream.connection));
  };

  /** The piece to read next from the open run on the way to `wanted`; a whole file is kept as it passes. */
  const onTheWay = (current: OriginRun, wanted: number): number => {
    if (!isWholeFile) return wanted;
    let piece = current.nextPiece;
    while (piece < wanted && has(piece)) piece += 1;
    return piece;
  };

  const fetchPiece = async (wanted: number): Promise<void> => {
    const reaches = run !== undefined && (isWholeFile ? run.nextPiece <= wanted : run.nextPiece === wanted);
    if (!reaches) {
      endRun();
      run = await open(wanted);
    }
    const current = run!;
    const piece = partial?.piece === wanted ? wanted : onTheWay(current, wanted);
    if (partial?.piece !== piece) {
      partial = { piece, bytes: buffer.subarray(0, pieceSizeBytes(manifest, piece)), receivedBytes: 0 };
    }
    const target = partial;
    const { fromByte } = pieceBounds(manifest, piece);
    await current.readInto(
      target.bytes.subarray(target.receivedBytes),
      fromByte + target.receivedBytes,
      (bytes) => {
        target.receivedBytes += bytes;
        failures = 0;
      },
    );
    partial = undefined;
    runPieces += 1;
    if (pieceMatches(source, piece, target.bytes)) {
      wrongPiece = undefined;
      await store(piece, target.bytes, signal);
      return;
    }
    endRun();
    if (wrongPiece === piece) throw wrongBytes(source, piece);
    // Once more from its first byte: two halves may come from before and after a change.
    wrongPiece = piece;
  };

  try {
    for (;;) {
      signal.throwIfAborted();
      const streamAt = run?.nextPiece;
      const wanted = choosePiece({
        demands: demands(),
        has,
        runPieces,
        maxRunPieces,
        aheadPieces,
        streamAt: streamAt !== undefined && streamAt < pieceCount(manifest) ? streamAt : undefined,
      });
      if (wanted === undefined) return;
      try {
        await fetchPiece(wanted);
      } catch (error) {
        endRun();
        signal.throwIfAborted();
        failures += 1;
        if (!isTemporary(error) || failures >= maxAttempts) throw error;
        await sleep(backoffMs * 2 ** (failures - 1), signal);
      }
    }
  } finally {
    endRun();
    await origin.close();
  }
}

export function pieceMatches({ manifest, hashes }: ContentSource, piece: number, bytes: Uint8Array): boolean {
  const expected = hashes.pieceLayer.subarray(piece * HASH_BYTES, (piece + 1) * HASH_BYTES);
  return pieceHash(manifest, bytes).equals(expected);
}

function wrongBytes({ manifest, title }: ContentSource, piece: number): FairhopError {
  return originError(
    'origin-wrong-bytes',
    `the origin of ${title.id} sends other bytes than those published: piece ${piece} of content ${manifest.contentId} does not match its hash`,
  );
}
