import type { Query } from '@fairhop/shared/contract';
import { BIN_MS, FairhopError } from '@fairhop/shared/model';
import { namedPeriod } from './named-period.js';
import type { Zone } from './zone.js';

export interface Period {
  /** Null is unbounded. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** The query's time as [fromMs, toMs). `nowMs` is when it is asked. Throws `query-invalid`. */
export function periodOf(time: Query['time'], zone: Zone, nowMs: number): Period {
  const { fromMs, toMs, period } = time;
  if (period !== undefined) {
    if (fromMs !== undefined || toMs !== undefined) {
      throw invalidQuery('time.period', `period ${period} stands alone; leave fromMs and toMs out`);
    }
    const named = namedPeriod(period, zone, nowMs);
    if (named !== undefined) return named;
    const message = `${period} is no day of the calendar, or begins before 1970 (UTC); one such as 2026-11 is right`;
    throw invalidQuery('time.period', message);
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
