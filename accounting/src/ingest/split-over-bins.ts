import { BIN_MS, binOf } from '@fairhop/shared/model';

export interface BinShare {
  readonly binMs: number;
  readonly bytes: number;
  /** The part of the interval that lies in the bin. */
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * Bytes that went from `startMs` to `endMs`, evenly, as shares of the 5-minute bins. By differences of
 * `cum(t) = floor(bytes × (t − start) / (end − start))` the shares always add up. An interval without length lies in
 * one bin; a bin without bytes gives no share.
 */
export function splitOverBins(bytes: number, startMs: number, endMs: number): BinShare[] {
  if (startMs === endMs) return bytes === 0 ? [] : [{ binMs: binOf(startMs), bytes, startMs, endMs }];
  const cumulative = (timeMs: number): number =>
    Number((BigInt(bytes) * BigInt(timeMs - startMs)) / BigInt(endMs - startMs));
  const shares: BinShare[] = [];
  for (let fromMs = startMs; fromMs < endMs; ) {
    const binMs = binOf(fromMs);
    const toMs = Math.min(binMs + BIN_MS, endMs);
    const shareBytes = cumulative(toMs) - cumulative(fromMs);
    if (shareBytes > 0) shares.push({ binMs, bytes: shareBytes, startMs: fromMs, endMs: toMs });
    fromMs = toMs;
  }
  return shares;
}
