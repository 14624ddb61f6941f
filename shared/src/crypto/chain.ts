/** One word of a signer about a transfer, of those that commit to each other: a receipt, or an uploader's statement. */
export interface ChainLink {
  readonly sequence: number;
  /** What the next one commits to, lower-case hex. */
  readonly digest: string;
  readonly previousDigest: string;
  /** Cumulative. */
  readonly bytes: number;
  readonly timeMs: number;
}

/** `fork`: two words in one place; `rewritten`: a later word that takes an earlier one back. */
export type ContradictionKind = 'fork' | 'rewritten';

/**
 * How two words of one signer about one transfer prove, by their signatures alone, that it told two histories; undefined where they
 * can stand in one. The order of the two does not matter.
 */
export function contradicts(one: ChainLink, other: ChainLink): ContradictionKind | undefined {
  const [earlier, later] = one.sequence <= other.sequence ? [one, other] : [other, one];
  if (earlier.sequence === later.sequence) return earlier.digest === later.digest ? undefined : 'fork';
  if (later.bytes < earlier.bytes || later.timeMs < earlier.timeMs) return 'rewritten';
  const isAdjacent = later.sequence === earlier.sequence + 1;
  return isAdjacent && later.previousDigest !== earlier.digest ? 'fork' : undefined;
}
