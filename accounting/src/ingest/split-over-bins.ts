import { BIN_MS, binOf } from '@fairhop/shared/model';

export interface Share {
  readonly binMs: number;
  readonly bytes: number;
  /** The part of the interval that lies in the bin. */
  readonly startMs: number;
  readonly endMs: number;
  /** From where on its bytes went: `startMs`, or a cut after it before which there were none. */
  readonly bytesFromMs: number;
}

/**
 * Bytes that went from `startMs` to `endMs`, evenly, as shares between the edges of 5-minute bins and `cuts` (times within,
 * ascending). By differences of `cum(t) = floor(bytes × (t − start) / (end − start))` the shares always add up, and those of one
 * bin last from when to when they do without cuts. An interval without length lies in one bin; a bin without bytes gives no
 * share.
 */
export function splitOverBins(
  bytes: number,
  startMs: number,
  endMs: number,
  cuts: readonly number[] = [],
): Share[] {
  if (bytes === 0) return [];
  if (startMs === endMs) return [{ binMs: binOf(startMs), bytes, startMs, endMs, bytesFromMs: startMs }];
  const cumulative = (timeMs: number): number =>
    Number((BigInt(bytes) * BigInt(timeMs - startMs)) / BigInt(endMs - startMs));
  const shares: Share[] = [];
  /** Time of the bin in which no byte went yet. */
  let emptyFromMs: number | undefined;
  for (const { fromMs, toMs } of intervals(startMs, endMs, cuts)) {
    const binMs = binOf(fromMs);
    if (fromMs === binMs) emptyFromMs = undefined;
    const shareBytes = cumulative(toMs) - cumulative(fromMs);
    const before = shares.at(-1);
    if (shareBytes > 0) {
      const firstMs = emptyFromMs ?? fromMs;
      shares.push({ binMs, bytes: shareBytes, startMs: firstMs, endMs: toMs, bytesFromMs: fromMs });
      emptyFromMs = undefined;
    } else if (before?.binMs === binMs) shares[shares.length - 1] = { ...before, endMs: toMs };
    else emptyFromMs ??= fromMs;
  }
  return shares;
}

function* intervals(
  startMs: number,
  endMs: number,
  cuts: readonly number[],
): Generator<{ fromMs: number; toMs: number }> {
  let nextCut = 0;
  for (let fromMs = startMs; fromMs < endMs; ) {
    while (nextCut < cuts.length && cuts[nextCut]! <= fromMs) nextCut += 1;
    const toMs = Math.min(binOf(fromMs) + BIN_MS, endMs, cuts[nextCut] ?? endMs);
    yield { fromMs, toMs };
    fromMs = toMs;
  }
}
