import { type ContentId, pieceCount } from '@fairhop/shared/model';
import { createBitfield } from '@fairhop/shared/wire';
import type { Holding } from './session/session.js';
import type { PieceStore } from './storage/piece-store.js';

/** What the coordinator is told of a content that this agent holds, in part or whole. */
export function holdingOf(store: PieceStore, wants: boolean): Holding {
  const { contentId } = store.manifest;
  if (store.complete) return { type: 'holding', contentId, pieces: 'all', wants: false };
  const pieces = pieceCount(store.manifest);
  const held = Array.from({ length: pieces }, (_, piece) => piece).filter((piece) => store.has(piece));
  const { bits } = createBitfield(pieces, held);
  return { type: 'holding', contentId, pieces: Buffer.from(bits).toString('base64'), wants };
}

/** Pieces of one `have` message. */
const MAX_PIECES = 1024;
/** New pieces are told together after this long: the coordinator's view may lag, peers are told at once. */
const DELAY_MS = 250;

/** Collects new pieces for the coordinator. */
export interface HaveBatcher {
  add(contentId: ContentId, piece: number): void;
  stop(): void;
}

export function createHaveBatcher(send: (contentId: ContentId, pieces: number[]) => void): HaveBatcher {
  const waiting = new Map<ContentId, number[]>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    for (const [contentId, pieces] of waiting) {
      for (let at = 0; at < pieces.length; at += MAX_PIECES)
        send(contentId, pieces.slice(at, at + MAX_PIECES));
    }
    waiting.clear();
  };
  return {
    add: (contentId, piece) => {
      const pieces = waiting.get(contentId);
      if (pieces) pieces.push(piece);
      else waiting.set(contentId, [piece]);
      timer ??= setTimeout(flush, DELAY_MS);
    },
    stop: () => {
      clearTimeout(timer);
      waiting.clear();
    },
  };
}
