import { type InvoiceLine, type LineBasis, NANOS, type RatePlan } from '@fairhop/shared/model';

/** What of the usage a plan prices. */
export function measureOf({ type }: RatePlan): LineBasis['measure'] {
  if (type === 'royalty') return 'files';
  return type === 'percentile95' ? 'percentile95' : 'bytes';
}

export type VolumeUnit = 'GB' | 'GiB';

/**
 * A unit that prices are of. Quantities are integers of 1 / `resolution` of it, in which both what is measured (bytes, files, bits per
 * second) and every decimal of a plan are whole: nothing is rounded before the end.
 */
export interface Unit {
  readonly code: InvoiceLine['unitCode'];
  /** In text: `1 file`, `2 files`; others have no plural. */
  readonly singular: string;
  /** Bytes, files or bits per second of one unit. */
  readonly size: bigint;
  readonly resolution: bigint;
}

export function unitOf(plan: RatePlan, volumeUnit: VolumeUnit): Unit {
  const measure = measureOf(plan);
  if (measure === 'files') return makeUnit('files', 1n, 'file');
  if (measure === 'percentile95') return makeUnit('Mbit/s', 10n ** 6n);
  return makeUnit(volumeUnit, volumeUnit === 'GB' ? 10n ** 9n : 2n ** 30n);
}

const makeUnit = (code: Unit['code'], size: bigint, singular: string = code): Unit => ({
  code,
  singular,
  size,
  resolution: size * NANOS,
});

/** A quantity as a plan sees it: an integer of 1 / `unit.resolution`. */
export interface Measured {
  readonly quantity: bigint;
  readonly unit: Unit;
  readonly currency: string;
}

/** What a plan asks: money in 10^-9 of the major unit, times `unit.resolution`. */
export interface Priced {
  readonly nanos: bigint;
  readonly calculation: string;
}
