import type { Clock, HttpService, Logger } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { Access } from './access.js';
import type { Cleanups } from './cleanups.js';
import type { Invoices } from './invoices/index.js';
import {
  addScheduleRoutes,
  closePeriods,
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

/** Before `http` starts: it gets routes. What it gives starts the runs, once the service answers. */
export function startSchedules(parts: SchedulesParts): () => void {
  const { log, clock, http, auth, cleanups, database, invoices, ask, tell } = parts;
  const savedQueries = createSavedQueries(database);
  const schedules = createSchedules(database, clock);
  const scheduler = createScheduler({
    ...{ schedules, clock, log },
    perform: (run) =>
      perform(run, {
        ...{ savedQueries, ask, tell },
        closePeriods: (isIssued) => closePeriods({ invoices, nowMs: clock.nowMs(), log }, isIssued),
      }),
  });
  cleanups.add(() => scheduler.stop());
  http.routes((app) => addScheduleRoutes(app, { auth, savedQueries, schedules, ask, wake: scheduler.wake }));
  return scheduler.start;
}
