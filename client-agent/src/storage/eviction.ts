import type { ContentId } from '@fairhop/shared/model';

export interface EvictionCandidate {
  readonly contentId: ContentId;
  readonly usedBytes: number;
  readonly lastUsedMs: number;
  readonly complete: boolean;
  /** A download writes to it: it stays. */
  readonly running: boolean;
}

/**
 * The contents to evict, no more than needed, so that `neededBytes` fit into `budgetBytes` beside the rest; undefined if
 * that cannot be. Complete ones go first, which can serve others but are done; then those that a download left unfinished,
 * and will want to go on from. Among equals the least recently used goes first.
 */
export function chooseEvictions(
  others: readonly EvictionCandidate[],
  neededBytes: number,
  budgetBytes: number,
): ContentId[] | undefined {
  let usedBytes = others.reduce((sum, other) => sum + other.usedBytes, neededBytes);
  const evicted: ContentId[] = [];
  const byAge = others
    .filter((other) => !other.running)
    .sort(
      (left, right) => Number(right.complete) - Number(left.complete) || left.lastUsedMs - right.lastUsedMs,
    );
  for (const candidate of byAge) {
    if (usedBytes <= budgetBytes) break;
    evicted.push(candidate.contentId);
    usedBytes -= candidate.usedBytes;
  }
  return usedBytes <= budgetBytes ? evicted : undefined;
}
