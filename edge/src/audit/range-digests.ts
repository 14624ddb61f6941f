import { auditDigest } from '@fairhop/shared/crypto';
import { type AuditClaims, type ContentId, FairhopError, pieceCount } from '@fairhop/shared/model';
import type { Cache } from '../cache/cache.js';
import { pieceMatches } from '../cache/fill.js';
import { pieceBounds } from '../cache/origin-run.js';
import { createSlots } from '../cache/slots.js';
import type { ContentSource } from '../content-source.js';

export interface RangeDigests {
  /**
   * Keyed hash of a range of a piece that this edge has or can fill. Throws what fills throw, `range-not-in-piece` (404),
   * `audits-full` (503).
   */
  digestOf(
    audit: Pick<AuditClaims, 'content' | 'piece' | 'offset' | 'lengthBytes' | 'nonce'>,
    signal: AbortSignal,
  ): Promise<string>;
}

/** Each holds a piece in memory, up to 16 MiB, and hashes it within 10 to 50 ms. */
const MAX_AT_ONCE = 4;
/** The rest waits its turn: as many as a coordinator has under way. */
const MAX_WAITING = 64;
/** One after the other, so that audits take at most so much of the time of those who download. */
const MAX_PER_SECOND = 20;

export function createRangeDigests({
  cache,
  sourceOf,
  monotonicMs = () => performance.now(),
}: {
  cache: Pick<Cache, 'openReader'>;
  /** Throws `title-withdrawn` (410). */
  sourceOf(contentId: ContentId): Promise<ContentSource>;
  monotonicMs?: () => number;
}): RangeDigests {
  const slots = createSlots(MAX_AT_ONCE);
  let taken = 0;
  let secondBeganMs = Number.NEGATIVE_INFINITY;
  let inSecond = 0;

  const full = (): FairhopError =>
    new FairhopError(
      'audits-full',
      `this edge answers ${MAX_PER_SECOND} audits a second and ${MAX_WAITING} at once; ask another edge`,
      { status: 503 },
    );
  const countOne = (): void => {
    const nowMs = monotonicMs();
    if (nowMs - secondBeganMs >= 1_000) {
      secondBeganMs = nowMs;
      inSecond = 0;
    }
    if (inSecond >= MAX_PER_SECOND || taken >= MAX_WAITING) throw full();
    inSecond += 1;
  };

  const read = async (source: ContentSource, piece: number, signal: AbortSignal): Promise<Buffer> => {
    const reader = cache.openReader(source, pieceBounds(source.manifest, piece));
    try {
      const held = await reader.piece(piece, signal);
      try {
        const bytes = Buffer.allocUnsafe(held.sizeBytes);
        await held.readInto(bytes, 0);
        return bytes;
      } finally {
        await held.release();
      }
    } finally {
      reader.close();
    }
  };

  return {
    async digestOf({ content, piece, offset, lengthBytes, nonce }, signal) {
      countOne();
      taken += 1;
      try {
        const give = await slots.take(signal);
        try {
          const source = await sourceOf(content);
          if (piece >= pieceCount(source.manifest)) throw outside(content, piece, offset, lengthBytes);
          const bytes = await read(source, piece, signal);
          if (offset + lengthBytes > bytes.length) throw outside(content, piece, offset, lengthBytes);
          // An agent is judged by this answer: a disk that forgot a bit since the fill must not speak against it.
          if (!pieceMatches(source, piece, bytes)) throw damaged(content, piece);
          return auditDigest(nonce, bytes.subarray(offset, offset + lengthBytes));
        } finally {
          give();
        }
      } finally {
        taken -= 1;
      }
    },
  };
}

const outside = (content: ContentId, piece: number, offset: number, lengthBytes: number): FairhopError =>
  new FairhopError(
    'range-not-in-piece',
    `piece ${piece} of content ${content} has no ${lengthBytes} bytes from ${offset} on`,
    { status: 404 },
  );

const damaged = (content: ContentId, piece: number): FairhopError =>
  new FairhopError('piece-unreadable', `piece ${piece} of content ${content} is damaged on disk`, {
    status: 500,
  });
