import type { ContentId } from '@fairhop/shared/model';

export interface EvictionCandidate {
  readonly contentId: ContentId;
  readonly usedBytes: number;
  readonly lastUsedMs: number;
  /** Complete, and no download runs on it. */
  readonly evictable: boolean;
}

/**
 * The contents to evict, the least recently used first and no more than needed, so that `neededBytes` fit into
 * `budgetBytes` beside the rest; undefined if that cannot be.
 */
export function chooseEvictions(
  others: readonly EvictionCandidate[],
  neededBytes: number,
  budgetBytes: number,
): ContentId[] | undefined {
  let usedBytes = others.reduce((sum, other) => sum + other.usedBytes, neededBytes);
  const evicted: ContentId[] = [];
  const byAge = others
    .filter((other) => other.evictable)
    .sort((left, right) => left.lastUsedMs - right.lastUsedMs);
  for (const candidate of byAge) {
    if (usedBytes <= budgetBytes) break;
    evicted.push(candidate.contentId);
    usedBytes -= candidate.usedBytes;
  }
  return usedBytes <= budgetBytes ? evicted : undefined;
}
