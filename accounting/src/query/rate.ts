import { BIN_MS } from '@fairhop/shared/model';

export type RateMeasure = 'averageRate' | 'maximumRate' | 'percentile95';

/** Bytes by bin; bins without bytes are left out. */
export type BinBytes = ReadonlyMap<number, number>;

export interface Rate {
  /** Bits per second, rounded down. */
  readonly value: number;
  readonly bytes: number;
  readonly rank?: number;
}

const BITS_PER_BYTE = 8n;
const SECONDS_PER_BIN = BigInt(BIN_MS / 1000);

const rateOf = (bytes: number, bins: number): number =>
  bins === 0 ? 0 : Number((BigInt(bytes) * BITS_PER_BYTE) / (BigInt(bins) * SECONDS_PER_BIN));

/** Place of the 95th percentile among `bins` bins from the largest down, counted from 1; nothing is interpolated. */
export const percentileRank = (bins: number): number => Math.floor(bins / 20) + 1;

/** `bins` is how many are asked for, those without bytes included; the largest bin needs no such number. */
export function rate(measure: RateMeasure, bytesOfBins: BinBytes, bins: number | null): Rate {
  const all = [...bytesOfBins.values()];
  if (measure === 'averageRate') {
    const bytes = all.reduce((sum, one) => sum + one, 0);
    return { value: rateOf(bytes, bins!), bytes };
  }
  if (measure === 'maximumRate') {
    const bytes = all.reduce((largest, one) => Math.max(largest, one), 0);
    return { value: rateOf(bytes, 1), bytes };
  }
  const rank = percentileRank(bins!);
  // Beyond the bins with bytes are the empty ones.
  const bytes = Float64Array.from(all).sort().at(-rank) ?? 0;
  return { value: rateOf(bytes, 1), bytes, rank };
}
