import { type Belief, FairhopError } from '@fairhop/shared/model';
import { eachRow, type Reading } from '../reading/index.js';
import type { Statement } from './statement.js';
import { BINS_PER_HOUR } from './time-slices.js';

export interface SumRow {
  readonly route?: number;
  readonly owner?: number;
  readonly title?: number;
  readonly category?: string;
  readonly sourceHost?: number;
  readonly destinationHost?: number;
  readonly slot?: number;
  /** Null, or absent, is that of all bytes of its route that were not found to be another's. */
  readonly belief?: Belief | null;
  readonly value: number;
}

type ReadRow = Omit<SumRow, 'value'> & { readonly value: number | null } & Record<`b${number}`, number>;

/** Uses the rows of a statement that are not 0. Throws `sum-beyond-limit`. */
export function* eachSum(statement: Statement, use: (row: SumRow) => void): Reading<void> {
  const { binMasks } = statement;
  try {
    yield* eachRow<ReadRow>(statement, (row) => {
      if (binMasks !== undefined) eachBin(row, binMasks, use);
      // Null: nothing was there to add up. A rollup has rows of 0 for hours that count in part.
      else if (row.value !== null && row.value !== 0) use(row as SumRow);
    });
  } catch (error) {
    if (error instanceof Error && error.message === 'integer overflow') throw beyondExact();
    throw error;
  }
}

function eachBin(row: ReadRow, masks: readonly number[], use: (row: SumRow) => void): void {
  const hour = row.slot!;
  const mask = masks[hour % masks.length]!;
  for (let bin = 0; bin < BINS_PER_HOUR; bin += 1) {
    const value = row[`b${bin}`]!;
    if (value !== 0 && (mask >> bin) & 1) use({ ...row, slot: hour * BINS_PER_HOUR + bin, value });
  }
}

export const beyondExact = (): FairhopError =>
  new FairhopError(
    'sum-beyond-limit',
    `the sum is beyond ${Number.MAX_SAFE_INTEGER}; a shorter time or fewer networks are right`,
    { status: 422 },
  );
