import type { ScheduleRun } from '@fairhop/shared/contract';
import type { Party } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { type ClaimedRun, MAX_RUN_MS } from './claimed-run.js';

export interface RunOutcome {
  readonly result?: ScheduleRun['result'];
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
}

/** A run is ended after `MAX_RUN_MS`: a minute later nobody is at it any more. */
const LEASE_MS = MAX_RUN_MS + 60_000;
/** What ends the process each time it runs is left alone after so many. */
const MAX_ATTEMPTS = 3;
/** Runs of a year of one that runs every half hour; older ones are forgotten. */
const MAX_RUNS = 20_000;

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
  readonly result: string | null;
  readonly caused: string;
  readonly error: string | null;
}

export function createRunStore(database: Database): RunStore {
  const insert = database.prepare<[Record<string, unknown>]>(
    `INSERT INTO schedule_runs (schedule, task, holder, due_ms, missed, started_ms, status, attempts, caused)
     VALUES (@schedule, @task, @holder, @dueMs, @missed, @startedMs, 'running', 1, '[]') ON CONFLICT (schedule, due_ms) DO NOTHING`,
  );
  const forget = database.prepare<[number]>(
    "DELETE FROM schedule_runs WHERE id <= ? AND status <> 'running'",
  );
  const selectCutOff = database.prepare<[number], RunRow>(
    "SELECT * FROM schedule_runs WHERE status = 'running' AND started_ms <= ? ORDER BY id",
  );
  const beginAgain = database.prepare<[number, number]>(
    'UPDATE schedule_runs SET attempts = attempts + 1, started_ms = ? WHERE id = ?',
  );
  const end = database.prepare<[Record<string, unknown>]>(
    'UPDATE schedule_runs SET ended_ms = @endedMs, status = @status, result = @result, caused = @caused, error = @error WHERE id = @id AND attempts = @attempt',
  );
  const selectLast = database.prepare<[string], Pick<RunRow, 'id' | 'holder'>>(
    'SELECT id, holder FROM schedule_runs WHERE schedule = ? ORDER BY due_ms DESC LIMIT 1',
  );
  const select = database.prepare<[Record<string, unknown>], RunRow>(
    `SELECT * FROM schedule_runs WHERE schedule = @schedule
      AND (@kind IS NULL OR (json_extract(holder, '$.kind') = @kind AND json_extract(holder, '$.id') = @id))
     ORDER BY due_ms DESC LIMIT @limit`,
  );
  const finish: RunStore['end'] = ({ id, attempt }, { result = null, caused, error }, endedMs) => {
    end.run({
      ...{ id, attempt, endedMs, status: error === undefined ? 'done' : 'failed' },
      result: result === null ? null : JSON.stringify(result),
      caused: JSON.stringify(caused),
      error: error === undefined ? null : JSON.stringify(error),
    });
  };
  return {
    claim({ schedule, task, holder, dueMs, missed, startedMs }) {
      const { changes, lastInsertRowid } = insert.run({ schedule, task, holder, dueMs, missed, startedMs });
      if (changes === 0) return undefined;
      const id = Number(lastInsertRowid);
      forget.run(id - MAX_RUNS);
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
    list: (schedule, limit, holder) =>
      select.all({ schedule, limit, kind: holder?.kind ?? null, id: holder?.id ?? null }).map(runOf),
  };
}

const runOf = (row: RunRow): ScheduleRun => ({
  id: row.id,
  schedule: row.schedule,
  dueMs: row.due_ms,
  missed: row.missed,
  startedMs: row.started_ms,
  endedMs: row.ended_ms,
  status: row.status,
  attempts: row.attempts,
  result: row.result === null ? null : (JSON.parse(row.result) as ScheduleRun['result']),
  caused: JSON.parse(row.caused) as string[],
  error: row.error === null ? null : (JSON.parse(row.error) as ScheduleRun['error']),
});
