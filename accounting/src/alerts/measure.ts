import { type Query, type QueryResult, querySchema } from '@fairhop/shared/contract';
import { BIN_MS, FairhopError } from '@fairhop/shared/model';
import type { BudgetPeriod } from './budget-period.js';
import type { StoredBudget } from './budget-store.js';
import { FORECAST_WINDOW_MS, forecastBytes } from './forecast.js';

/** What a budget is compared with. */
export interface Measured {
  /** Billable: from edges, and settled between clients. */
  readonly usedBytes: number;
  /** Claimed and not settled: told beside it, and not counted. */
  readonly pendingBytes: number;
  /** At the period's end; null for a budget that is not by forecast, or where too little is known. */
  readonly forecastBytes: number | null;
}

type Ask = (query: Query) => Promise<QueryResult>;
type Usage = Pick<Measured, 'usedBytes' | 'pendingBytes'>;

/** What is delivered to clients; what fills edges is the operator's own affair. */
const deliveredKinds: readonly unknown[] = ['edge-to-client', 'client-to-client'];

/** Asks the ledger what of a budget is used in a period. Throws what the query engine throws but for names that nothing was booked for. */
export async function measure(
  ask: Ask,
  budget: StoredBudget,
  { startMs, endMs }: BudgetPeriod,
  nowMs: number,
): Promise<Measured> {
  const used = await usageIn(ask, budget, endMs === null ? undefined : { fromMs: startMs, toMs: endMs });
  if (budget.basis === 'actual' || endMs === null) return { ...used, forecastBytes: null };
  // The bin that runs is not full yet: the rate is of those that are.
  const untilMs = Math.min(endMs, Math.floor(nowMs / BIN_MS) * BIN_MS);
  const windowFromMs = Math.max(startMs, untilMs - FORECAST_WINDOW_MS);
  const window = { fromMs: windowFromMs, toMs: Math.max(windowFromMs, untilMs) };
  const isEmpty = window.toMs === window.fromMs;
  const recent = isEmpty ? 0 : (await usageIn(ask, budget, window)).usedBytes;
  const forecast = forecastBytes({
    usedBytes: used.usedBytes,
    windowBytes: recent,
    windowMs: window.toMs - window.fromMs,
    remainingMs: endMs - Math.max(untilMs, startMs),
  });
  return { ...used, forecastBytes: forecast };
}

async function usageIn(
  ask: Ask,
  budget: StoredBudget,
  time: { fromMs: number; toMs: number } | undefined,
): Promise<Usage> {
  const { owner, title, category, kind, leaves, enters, crosses } = budget;
  const query = querySchema.parse({
    measure: 'bytes',
    ...{ owner, title, category, kind, leaves, enters, crosses },
    ...(time !== undefined && { time }),
    groupBy: ['kind', 'belief'],
  });
  let rows: QueryResult['rows'];
  try {
    ({ rows } = await ask(query));
  } catch (error) {
    // Of an owner, title or network that nothing was booked for, nothing is used.
    if (error instanceof FairhopError && error.status === 404) return { usedBytes: 0, pendingBytes: 0 };
    throw error;
  }
  const counted = rows.filter(({ key }) => kind !== undefined || deliveredKinds.includes(key['kind']));
  const sumOf = (...beliefs: unknown[]): number =>
    counted.filter(({ key }) => beliefs.includes(key['belief'])).reduce((sum, { value }) => sum + value, 0);
  return { usedBytes: sumOf('edge', 'settled'), pendingBytes: sumOf('claimed') };
}
