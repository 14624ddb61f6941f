import type { QueryResult, ScheduleRun, ScheduleRunWithResult } from '@fairhop/shared/contract';
import type { Party } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { type ClaimedRun, MAX_RUN_MS } from './claimed-run.js';

export interface RunOutcome {
  readonly result?: QueryResult;
  readonly caused: readonly string[];
  readonly error?: { readonly code: string; readonly message: string };
}

export interface RunStore {
  /** Undefined where the schedule's due time has a run already. */
  claim(run: {
    readonly schedule: string;
    readonly task: string;
    readonly holder: string;
    readonly dueMs: number;
    readonly missed: number;
    readonly startedMs: number;
  }): ClaimedRun | undefined;
  /** A run whose time to end is over, so that whoever began it is gone: once more. */
  claimCutOff(nowMs: number): ClaimedRun | undefined;
  /** Nothing when another began it again meanwhile. */
  end(run: Pick<ClaimedRun, 'id' | 'attempt'>, outcome: RunOutcome, nowMs: number): void;
  last(schedule: string): { readonly id: number; readonly holder: Party } | undefined;
  /** Newest first; with a holder its own alone: whoever had the name before may have been another one. */
  list(schedule: string, limit: number, holder?: Party): ScheduleRun[];
  /** Undefined where there is none, or with a holder none of its own. */
  get(schedule: string, id: number, holder?: Party): ScheduleRunWithResult | undefined;
  /** A schedule of the holder was removed: its runs stay, with those of what it removed before, as many as those of one schedule. */
  forgetRemoved(holder: string): void;
}

/** A run is ended after `MAX_RUN_MS`: a minute later nobody is at it any more. */
const LEASE_MS = MAX_RUN_MS + 60_000;
/** What ends the process each time it runs is left alone after so many. */
const MAX_ATTEMPTS = 3;
/**
 * Runs of a schedule; older ones are forgotten. Three months of nights, or eight years of closings. A result of 1,000 rows takes
 * some 200 KB, so that a schedule takes 20 MB, and the hundred that a party may have 2 GB.
 */
const MAX_RUNS = 100;

interface RunRow {
  readonly id: number;
  readonly schedule: string;
  readonly task: string;
  readonly holder: string;
  readonly due_ms: number;
  readonly missed: number;
  readonly started_ms: number;
  readonly ended_ms: number | null;
  readonly status: ScheduleRun['status'];
  readonly attempts: number;
  readonly caused: string;
  readonly error: string | null;
  readonly value: number | null;
  readonly unit: QueryResult['unit'] | null;
}
interface FullRow extends RunRow {
  readonly result: string | null;
}

/** All but the result, which is large. */
const COLUMNS =
  'id, schedule, task, holder, due_ms, missed, started_ms, ended_ms, status, attempts, caused, error, value, unit';
const OF_HOLDER =
  "(@kind IS NULL OR (json_extract(holder, '$.kind') = @kind AND json_extract(holder, '$.id') = @id))";

export function createRunStore(database: Database): RunStore {
  const insert = database.prepare<[Record<string, unknown>]>(
    `INSERT INTO schedule_runs (schedule, task, holder, due_ms, missed, started_ms, status, attempts, caused)
     VALUES (@schedule, @task, @holder, @dueMs, @missed, @startedMs, 'running', 1, '[]') ON CONFLICT (schedule, due_ms) DO NOTHING`,
  );
  const forget = database.prepare<[Record<string, unknown>]>(
    `DELETE FROM schedule_runs WHERE status <> 'running' AND id IN (SELECT id FROM schedule_runs
       WHERE schedule = @schedule AND holder = @holder ORDER BY due_ms DESC LIMIT -1 OFFSET ${MAX_RUNS})`,
  );
  const forgetRemoved = database.prepare<[string]>(
    `DELETE FROM schedule_runs WHERE status <> 'running' AND id IN (SELECT id FROM schedule_runs AS run WHERE holder = ?
       AND NOT EXISTS (SELECT 1 FROM schedules WHERE schedules.id = run.schedule AND schedules.holder = run.holder)
       ORDER BY id DESC LIMIT -1 OFFSET ${MAX_RUNS})`,
  );
  const selectCutOff = database.prepare<[number], RunRow>(
    `SELECT ${COLUMNS} FROM schedule_runs WHERE status = 'running' AND started_ms <= ? ORDER BY id`,
  );
  const beginAgain = database.prepare<[number, number]>(
    'UPDATE schedule_runs SET attempts = attempts + 1, started_ms = ? WHERE id = ?',
  );
  const end = database.prepare<[Record<string, unknown>]>(
    `UPDATE schedule_runs SET ended_ms = @endedMs, status = @status, result = @result, value = @value, unit = @unit,
       caused = @caused, error = @error WHERE id = @id AND attempts = @attempt`,
  );
  const selectLast = database.prepare<[string], Pick<RunRow, 'id' | 'holder'>>(
    'SELECT id, holder FROM schedule_runs WHERE schedule = ? ORDER BY due_ms DESC LIMIT 1',
  );
  const select = database.prepare<[Record<string, unknown>], RunRow>(
    `SELECT ${COLUMNS} FROM schedule_runs WHERE schedule = @schedule AND ${OF_HOLDER} ORDER BY due_ms DESC LIMIT @limit`,
  );
  const selectOne = database.prepare<[Record<string, unknown>], FullRow>(
    `SELECT ${COLUMNS}, result FROM schedule_runs WHERE schedule = @schedule AND schedule_runs.id = @run AND ${OF_HOLDER}`,
  );
  const finish: RunStore['end'] = ({ id, attempt }, { result, caused, error }, endedMs) => {
    end.run({
      ...{ id, attempt, endedMs, status: error === undefined ? 'done' : 'failed' },
      ...{ value: result?.value ?? null, unit: result?.unit ?? null },
      result: result === undefined ? null : JSON.stringify(result),
      caused: JSON.stringify(caused),
      error: error === undefined ? null : JSON.stringify(error),
    });
  };
  return {
    claim({ schedule, task, holder, dueMs, missed, startedMs }) {
      const { changes, lastInsertRowid } = insert.run({ schedule, task, holder, dueMs, missed, startedMs });
      if (changes === 0) return undefined;
      const id = Number(lastInsertRowid);
      forget.run({ schedule, holder });
      return { id, attempt: 1, schedule, dueMs, task: JSON.parse(task), holder: JSON.parse(holder) as Party };
    },
    claimCutOff(nowMs) {
      for (const row of selectCutOff.all(nowMs - LEASE_MS)) {
        const { id, schedule, due_ms: dueMs, attempts } = row;
        if (attempts >= MAX_ATTEMPTS) {
          const message = `the service ended ${attempts} times while this ran`;
          finish({ id, attempt: attempts }, { caused: [], error: { code: 'cut-off', message } }, nowMs);
          continue;
        }
        beginAgain.run(nowMs, id);
        const task = JSON.parse(row.task) as ClaimedRun['task'];
        return { id, attempt: attempts + 1, schedule, dueMs, task, holder: JSON.parse(row.holder) as Party };
      }
      return undefined;
    },
    end: finish,
    last(schedule) {
      const row = selectLast.get(schedule);
      return row && { id: row.id, holder: JSON.parse(row.holder) as Party };
    },
    list: (schedule, limit, holder) => select.all({ schedule, limit, ...ofHolder(holder) }).map(runOf),
    get(schedule, run, holder) {
      const row = selectOne.get({ schedule, run, ...ofHolder(holder) });
      if (row === undefined) return undefined;
      const result = row.result === null ? null : (JSON.parse(row.result) as QueryResult);
      return { ...runOf(row), result };
    },
    forgetRemoved: (holder) => void forgetRemoved.run(holder),
  };
}

const ofHolder = (holder: Party | undefined) => ({ kind: holder?.kind ?? null, id: holder?.id ?? null });

const runOf = (row: RunRow): ScheduleRun => ({
  id: row.id,
  schedule: row.schedule,
  dueMs: row.due_ms,
  missed: row.missed,
  startedMs: row.started_ms,
  endedMs: row.ended_ms,
  status: row.status,
  attempts: row.attempts,
  answer: row.value === null || row.unit === null ? null : { value: row.value, unit: row.unit },
  caused: JSON.parse(row.caused) as string[],
  error: row.error === null ? null : (JSON.parse(row.error) as ScheduleRun['error']),
});
