import { FairhopError } from '@fairhop/shared/model';
import { eachRow, type Reading } from '../reading/index.js';
import type { Statement } from './source.js';

export interface SumRow {
  readonly route?: number;
  readonly owner?: number;
  readonly title?: number;
  readonly slot?: number;
  /** Null: nothing was there to add up. */
  readonly value: number | null;
}

/** Throws `sum-beyond-limit`. */
export function* eachSum({ sql, parameters }: Statement, use: (row: SumRow) => void): Reading<void> {
  try {
    yield* eachRow<SumRow>({ sql, parameters }, use);
  } catch (error) {
    if (error instanceof Error && error.message === 'integer overflow') throw beyondExact();
    throw error;
  }
}

export const beyondExact = (): FairhopError =>
  new FairhopError(
    'sum-beyond-limit',
    `the sum is beyond ${Number.MAX_SAFE_INTEGER}; a shorter time or fewer networks are right`,
    { status: 422 },
  );
