import type { SavedQuery, Schedule, ScheduledTask, ScheduleRun } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { formatTable, parseByteSize, printJson } from '@fairhop/shared/service';
import { exact, instantText, writeLine } from './print.js';
import { describeResult } from './print-result.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

export async function listSavedQueries(options: ServiceOptions): Promise<void> {
  const { savedQueries } = await askAccounting(options, (client) => client.listSavedQueries({}));
  if (options.json) printJson(savedQueries);
  else if (savedQueries.length === 0) writeLine('No questions are saved.');
  else
    writeLine(
      formatTable(
        [
          { header: 'name', cell: ({ id }) => id },
          { header: 'question', cell: ({ name }) => name },
          { header: 'measure', cell: ({ query }) => query?.measure },
          { header: 'holder', cell: ({ holder }) => `${holder.kind} ${holder.id}` },
          ...(savedQueries.some(({ error }) => error !== null)
            ? [{ header: 'error', cell: ({ error }: SavedQuery) => error?.message }]
            : []),
        ],
        savedQueries,
      ),
    );
}

export async function runSavedQuery(id: string, options: ServiceOptions): Promise<void> {
  const result = await askAccounting(options, (client) => client.runSavedQuery({ params: { id }, body: {} }));
  if (options.json) printJson(result);
  else writeLine(describeResult(result, {}));
}

export async function removeSavedQuery(id: string, options: ServiceOptions): Promise<void> {
  const removed = await askAccounting(options, (client) => client.removeSavedQuery({ params: { id } }));
  if (options.json) printJson(removed);
  else writeLine(`Saved question ${id} is removed.`);
}

interface ScheduleOptions extends ServiceOptions {
  readonly query?: string;
  readonly closePeriods?: boolean;
  readonly issue?: boolean;
  readonly cron: string;
  readonly timeZone: string;
  readonly above?: string;
  readonly below?: string;
  readonly paused?: boolean;
}

export async function setSchedule(id: string, options: ScheduleOptions): Promise<void> {
  const { cron, timeZone, paused = false } = options;
  const body = { task: taskOf(options), cron, timeZone, isPaused: paused };
  const schedule = await askAccounting(options, (client) => client.putSchedule({ params: { id }, body }));
  if (options.json) printJson(schedule);
  else if (schedule.nextMs === null) writeLine(`Schedule ${id} is paused.`);
  else writeLine(`Schedule ${id} runs next at ${instantText(schedule.nextMs)}.`);
}

function taskOf(options: ScheduleOptions): ScheduledTask {
  const { query, closePeriods = false, issue = false, above, below } = options;
  if ((query !== undefined) === closePeriods) {
    const message = 'a schedule has one task: --query <name> or --close-periods is right';
    throw new FairhopError('schedule-task', message, { status: 400 });
  }
  if (query === undefined) return { type: 'close-periods', issue };
  const [direction, text] = above === undefined ? (['below', below] as const) : (['above', above] as const);
  if (text === undefined) return { type: 'query', savedQuery: query };
  // A plain number is one of whatever the question counts.
  const value = /^-?\d+$/.test(text) ? Number(text) : parseByteSize(text);
  return { type: 'query', savedQuery: query, alert: { direction, value } };
}

export async function listSchedules(options: ServiceOptions): Promise<void> {
  const { schedules } = await askAccounting(options, (client) => client.listSchedules({}));
  if (options.json) printJson(schedules);
  else if (schedules.length === 0) writeLine('Nothing is scheduled.');
  else
    writeLine(
      formatTable(
        [
          { header: 'schedule', cell: ({ id }) => id },
          { header: 'does', cell: ({ task }) => describeTask(task) },
          { header: 'when', cell: ({ cron, timeZone }) => `${cron} (${timeZone})` },
          { header: 'next', cell: nextText },
          { header: 'holder', cell: ({ holder }) => `${holder.kind} ${holder.id}` },
        ],
        schedules,
      ),
    );
}

const nextText = ({ isPaused, nextMs, error }: Schedule): string => {
  if (error !== null) return `never: ${error.message}`;
  return isPaused || nextMs === null ? 'paused' : instantText(nextMs);
};

const describeTask = (task: ScheduledTask): string => {
  if (task.type === 'close-periods') return task.issue ? 'issues invoices' : 'drafts invoices';
  const { savedQuery, alert } = task;
  return `asks ${savedQuery}${alert === undefined ? '' : `, alert ${alert.direction} ${exact(alert.value)}`}`;
};

export async function listRuns(
  id: string,
  options: ServiceOptions & { readonly limit: string },
): Promise<void> {
  const query = { limit: Number(options.limit) };
  const { runs } = await askAccounting(options, (client) =>
    client.listScheduleRuns({ params: { id }, query }),
  );
  if (options.json) printJson(runs);
  else if (runs.length === 0) writeLine(`Schedule ${id} did not run yet.`);
  else
    writeLine(
      formatTable<ScheduleRun>(
        [
          { header: 'run', cell: ({ id: run }) => String(run), align: 'right' },
          { header: 'due', cell: ({ dueMs }) => instantText(dueMs) },
          { header: 'ended', cell: ({ endedMs }) => instantText(endedMs) },
          { header: 'missed', cell: ({ missed }) => exact(missed), align: 'right' },
          {
            header: 'status',
            cell: ({ status, error }) => (error === null ? status : `${status}: ${error.message}`),
          },
          {
            header: 'result',
            cell: ({ answer }) => (answer === null ? '-' : `${exact(answer.value)} ${answer.unit}`),
          },
          { header: 'caused', cell: ({ caused }) => caused.join(', ') || '-' },
        ],
        runs,
      ),
    );
}

export async function showResult(
  id: string,
  options: ServiceOptions & { readonly run?: number },
): Promise<void> {
  const run = await askAccounting(options, async (client) => {
    const newest = async () =>
      (await client.listScheduleRuns({ params: { id }, query: { limit: 1 } })).runs[0];
    const number = options.run ?? (await newest())?.id;
    return number === undefined ? undefined : client.getScheduleRun({ params: { id, run: number } });
  });
  if (options.json) printJson(run ?? null);
  else if (run === undefined) writeLine(`Schedule ${id} did not run yet.`);
  else {
    const { status, error, result, caused } = run;
    writeLine(
      `Run ${run.id}, due ${instantText(run.dueMs)}: ${status}${error === null ? '' : `: ${error.message}`}`,
    );
    if (result !== null) writeLine(describeResult(result, {}));
    if (caused.length > 0) writeLine(`caused ${caused.join(', ')}`);
  }
}

export async function removeSchedule(id: string, options: ServiceOptions): Promise<void> {
  const removed = await askAccounting(options, (client) => client.removeSchedule({ params: { id } }));
  if (options.json) printJson(removed);
  else writeLine(`Schedule ${id} is removed; its runs stay listed.`);
}
