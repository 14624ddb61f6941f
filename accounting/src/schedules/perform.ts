import type { Query, QueryResult } from '@fairhop/shared/contract';
import type { Party } from '@fairhop/shared/model';
import { namedPeriod } from '../query/named-period.js';
import { createZone } from '../query/zone.js';
import type { ClaimedRun } from './claimed-run.js';
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
  readonly savedQueries: Pick<SavedQueries, 'get'>;
  /** Within what the holder may see. */
  readonly ask: (query: Query, holder: Party) => Promise<QueryResult>;
  /** Drafts what is due, or issues all drafts; the ids or numbers of the invoices. */
  readonly closePeriods: (isIssued: boolean) => Promise<string[]>;
  /** Gives the id by which the notice is listed. */
  readonly tell: (notice: ScheduleNotice) => string;
}

/** Does what a schedule is for, as of the time that it was due. */
export async function perform(
  { schedule, task, holder, dueMs }: ClaimedRun,
  { savedQueries, ask, closePeriods, tell }: TaskDependencies,
): Promise<RunOutcome> {
  if (task.type === 'close-periods') {
    const invoices = await closePeriods(task.issue);
    return { caused: invoices.map((id) => `invoice:${id}`) };
  }
  const { query } = savedQueries.get(task.savedQuery);
  const result = await ask(asOf(query, dueMs), holder);
  const { alert } = task;
  if (alert === undefined || !isBeyond(result.value, alert)) return { result, caused: [] };
  const notice = { id: `schedule:${schedule}:${dueMs}`, schedule, savedQuery: task.savedQuery, dueMs };
  const id = tell({ ...notice, direction: alert.direction, threshold: alert.value, value: result.value });
  return { result, caused: [`alert:${id}`] };
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
