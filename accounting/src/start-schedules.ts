import type { Clock, HttpService, Logger } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { Access } from './access.js';
import type { Cleanups } from './cleanups.js';
import type { Invoices } from './invoices/index.js';
import {
  addScheduleRoutes,
  createSavedQueries,
  createScheduler,
  createSchedules,
  perform,
  type ScheduleNotice,
} from './schedules/index.js';
import type { AskFor } from './start-visibility.js';

export interface SchedulesParts {
  readonly log: Logger;
  readonly clock: Clock;
  readonly http: HttpService;
  readonly auth: Access['auth'];
  readonly cleanups: Cleanups;
  /** Of contracts, invoices and schedules. */
  readonly database: Database;
  readonly invoices: Invoices;
  readonly ask: AskFor;
  readonly tell: (notice: ScheduleNotice) => string;
}

/** As many as one closing of a large operator drafts. */
const MAX_DRAFTS = 1_000;

/** Before `http` starts: it gets routes. What it gives starts the runs, once the service answers. */
export function startSchedules(parts: SchedulesParts): () => void {
  const { log, clock, http, auth, cleanups, database, invoices, ask, tell } = parts;
  const savedQueries = createSavedQueries(database);
  const schedules = createSchedules(database, clock);
  const drafts = (): string[] => invoices.list({ status: 'draft', limit: MAX_DRAFTS }).map(({ id }) => id);
  const closePeriods = async (isIssued: boolean): Promise<string[]> => {
    const before = new Set(isIssued ? [] : drafts());
    await invoices.closeDue(clock.nowMs());
    const found = drafts().filter((id) => !before.has(id));
    if (!isIssued) return found;
    const issued: string[] = [];
    const failures: unknown[] = [];
    for (const id of found)
      try {
        issued.push(invoices.issue(id, { by: 'schedule', nowMs: clock.nowMs() }).number ?? id);
      } catch (error) {
        // One that lacks something must not hold up the others.
        log.error({ err: error, invoice: id }, 'a draft could not be issued');
        failures.push(error);
      }
    if (issued.length === 0 && failures.length > 0) throw failures[0];
    return issued;
  };
  const scheduler = createScheduler({
    ...{ schedules, clock, log },
    perform: (run) => perform(run, { savedQueries, ask, closePeriods, tell }),
  });
  cleanups.add(() => scheduler.stop());
  http.routes((app) => addScheduleRoutes(app, { auth, savedQueries, schedules, ask, wake: scheduler.wake }));
  return scheduler.start;
}
