import { hash } from 'node:crypto';
import type { AgentKey, ContentId } from '@fairhop/shared/model';

/**
 * Rendezvous hashing (highest random weight, Thaler & Ravishankar 1998): every agent that knows the same fetchers names
 * the same one for a piece, and a fetcher that comes or goes moves only its own pieces.
 */
export interface Rendezvous {
  readonly fetchers: readonly AgentKey[];
  /** Index into `fetchers` of the one that fetches the piece from outside; -1 when there is none. */
  fetcherOf(piece: number): number;
  /** Weight of the named fetcher, 0 to 2^32 - 1: the order in which it takes its pieces, the highest first. */
  weightOf(piece: number): number;
}

export function createRendezvous(
  contentId: ContentId,
  pieces: number,
  keys: readonly AgentKey[],
): Rendezvous {
  // Sorted, so that a tie of weights is broken alike everywhere.
  const fetchers = [...new Set(keys)].sort();
  const seeds = fetchers.map((key) => hash('sha256', `${contentId}${key}`, 'buffer').readUInt32BE(0));
  const named = new Int32Array(pieces).fill(-1);
  const weights = new Float64Array(pieces);
  for (let piece = 0; piece < pieces; piece++) {
    for (let index = 0; index < seeds.length; index++) {
      const weight = mix(seeds[index]! ^ Math.imul(piece + 1, 0x9e3779b1));
      if (named[piece]! < 0 || weight > weights[piece]!) {
        named[piece] = index;
        weights[piece] = weight;
      }
    }
  }
  return { fetchers, fetcherOf: (piece) => named[piece]!, weightOf: (piece) => weights[piece]! };
}

/** Finalizer of MurmurHash3: each bit of the input changes each bit of the output with probability one half. */
function mix(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
