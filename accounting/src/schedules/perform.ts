import type { Query, QueryResult } from '@fairhop/shared/contract';
import type { Party } from '@fairhop/shared/model';
import { namedPeriod } from '../query/named-period.js';
import { createZone } from '../query/zone.js';
import type { ClaimedRun } from './claimed-run.js';
import type { ClosingOutcome } from './close-periods.js';
import type { Failure } from './failure.js';
import type { RunOutcome } from './run-store.js';
import type { SavedQueries } from './saved-queries.js';

/** Something that a run found, to be told. */
export interface ScheduleNotice {
  /** Of what happened: the same when the run is begun again. */
  readonly id: string;
  readonly schedule: string;
  readonly savedQuery: string;
  readonly dueMs: number;
  readonly direction: 'above' | 'below';
  readonly threshold: number;
  readonly value: number;
}

export interface TaskDependencies {
  readonly savedQueries: Pick<SavedQueries, 'question'>;
  /** Within what the holder may see. */
  readonly ask: (query: Query, holder: Party) => Promise<QueryResult>;
  readonly closePeriods: (isIssued: boolean) => Promise<ClosingOutcome>;
  /** Gives the id by which the notice is listed. */
  readonly tell: (notice: ScheduleNotice) => string;
}

/** Rows of a result, which is kept with a hundred others; it tells how many there are beyond. Whoever wants all asks for them. */
const MAX_ROWS = 1_000;
/** More are of one cause. */
const TOLD_FAILURES = 10;

/** Does what a schedule is for, as of the time that it was due. */
export async function perform(
  { schedule, task, holder, dueMs }: ClaimedRun,
  { savedQueries, ask, closePeriods, tell }: TaskDependencies,
): Promise<RunOutcome> {
  if (task.type === 'close-periods') {
    const { invoices, failures } = await closePeriods(task.issue);
    const caused = invoices.map((id) => `invoice:${id}`);
    return failures.length === 0 ? { caused } : { caused, error: incomplete(failures) };
  }
  const { query } = savedQueries.question(task.savedQuery);
  const asked = asOf(query, dueMs);
  const result = await ask({ ...asked, limit: Math.min(asked.limit, MAX_ROWS) }, holder);
  const { alert } = task;
  if (alert === undefined || !isBeyond(result.value, alert)) return { result, caused: [] };
  const notice = { id: `schedule:${schedule}:${dueMs}`, schedule, savedQuery: task.savedQuery, dueMs };
  const id = tell({ ...notice, direction: alert.direction, threshold: alert.value, value: result.value });
  return { result, caused: [`alert:${id}`] };
}

/** A run that left something undone is not done, whatever else it caused. */
function incomplete(failures: readonly string[]): Failure {
  const more = failures.length - TOLD_FAILURES;
  const told = failures.slice(0, TOLD_FAILURES).join('; ');
  const rest = more > 0 ? `; and ${more} more, which the log names` : '';
  return {
    code: 'closing-incomplete',
    message: `${failures.length} could not be closed or issued: ${told}${rest}`,
  };
}

const isBeyond = (
  value: number,
  { direction, value: threshold }: { direction: string; value: number },
): boolean => (direction === 'above' ? value > threshold : value < threshold);

/** `last-month` of a run that is caught up late is that of the time it was due. */
function asOf(query: Query, timeMs: number): Query {
  const { period, ...time } = query.time;
  if (period === undefined) return query;
  const named = namedPeriod(period, createZone(time.timeZone), timeMs);
  return named === undefined ? query : { ...query, time: { ...time, ...named } };
}
