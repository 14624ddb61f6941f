import type { Query } from '@fairhop/shared/contract';
import { BIN_MS, FairhopError } from '@fairhop/shared/model';
import type { Zone } from './zone.js';

export interface Period {
  /** Null is unbounded. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** The query's time as [fromMs, toMs). Throws `query-invalid`. */
export function periodOf(time: Query['time'], zone: Zone): Period {
  const { fromMs, toMs, period } = time;
  if (period !== undefined) {
    if (fromMs !== undefined || toMs !== undefined) {
      throw invalidQuery('time.period', `period ${period} stands alone; leave fromMs and toMs out`);
    }
    const year = Number(period.slice(0, 4));
    const isQuarter = period[5] === 'Q';
    const month = isQuarter ? Number(period[6]) * 3 - 2 : Number(period.slice(5));
    return {
      fromMs: zone.dayStartMs(year, month, 1),
      toMs: zone.dayStartMs(year, month + (isQuarter ? 3 : 1), 1),
    };
  }
  for (const [name, value] of Object.entries({ fromMs, toMs })) {
    if (value !== undefined && value % BIN_MS !== 0) {
      throw invalidQuery(
        `time.${name}`,
        `${value} is no edge of a 5-minute bin; a multiple of ${BIN_MS} is right`,
      );
    }
  }
  if (fromMs !== undefined && toMs !== undefined && toMs < fromMs) {
    throw invalidQuery('time.toMs', `${toMs} is before fromMs ${fromMs}`);
  }
  return { fromMs: fromMs ?? null, toMs: toMs ?? null };
}

/** A query whose fields do not go together. */
export function invalidQuery(path: string, message: string): FairhopError {
  return new FairhopError('query-invalid', `${path}: ${message}`, {
    status: 400,
    errors: [{ path, message }],
  });
}
