/**
 * `after_ms` of a schedule is the time up to which it was seen to: the next due time is the first after it. A run is claimed by its
 * row, of which there is one a due time, before anything is done.
 */
export const scheduleMigration = `
CREATE TABLE saved_queries (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, query TEXT NOT NULL, holder TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE schedules (
  id TEXT PRIMARY KEY, task TEXT NOT NULL, cron TEXT NOT NULL, time_zone TEXT NOT NULL, is_paused INTEGER NOT NULL,
  holder TEXT NOT NULL, after_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE schedule_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, schedule TEXT NOT NULL, task TEXT NOT NULL, holder TEXT NOT NULL, due_ms INTEGER NOT NULL,
  missed INTEGER NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER, status TEXT NOT NULL, attempts INTEGER NOT NULL,
  result TEXT, caused TEXT NOT NULL, error TEXT, UNIQUE (schedule, due_ms)
) STRICT;
CREATE INDEX schedule_runs_by_status ON schedule_runs (status, id);
`;

/** `value` and `unit` of a result, so that runs are listed without reading results. */
export const scheduleAnswerMigration = `
ALTER TABLE schedule_runs ADD COLUMN value INTEGER;
ALTER TABLE schedule_runs ADD COLUMN unit TEXT;
UPDATE schedule_runs SET value = json_extract(result, '$.value'), unit = json_extract(result, '$.unit') WHERE result IS NOT NULL;
CREATE INDEX schedule_runs_by_holder ON schedule_runs (holder, id);
`;
