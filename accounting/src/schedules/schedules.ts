import type { Schedule, ScheduleRun, ScheduleRunWithResult } from '@fairhop/shared/contract';
import { FairhopError, type Party } from '@fairhop/shared/model';
import type { Clock } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { ClaimedRun } from './claimed-run.js';
import { type DueTimes, dueTimes } from './due-times.js';
import { type Failure, failureOf } from './failure.js';
import { createRunStore, type RunOutcome } from './run-store.js';
import { isSameParty } from './saved-queries.js';

type ScheduleInput = Omit<Schedule, 'nextMs' | 'lastRun' | 'error'>;

export interface Schedules {
  /** Throws `cron-invalid`, `cron-never-due`, `schedule-taken`, `too-many-schedules`. What was due before is not done. */
  put(schedule: ScheduleInput): Schedule;
  list(holder?: Party): Schedule[];
  /** Whose it is, or was when it last ran. Throws `schedule-unknown` (404). */
  holderOf(id: string): Party;
  /** Undefined where there is no such schedule now. */
  taskOf(id: string): Schedule['task'] | undefined;
  /** Its newest runs stay, as long as not many others of its holder are removed after it. */
  remove(id: string): void;
  /** Newest first: all of that name, or those of one party. */
  runs(schedule: string, limit: number, holder?: Party): ScheduleRun[];
  /** Throws `run-unknown` (404), also where it is not the holder's. */
  run(schedule: string, id: number, holder?: Party): ScheduleRunWithResult;
  /** Schedules that ask a saved query. */
  asking(savedQuery: string): string[];
  /** The next run that is due, those that a crash cut off first; undefined where none is. */
  claim(): ClaimedRun | undefined;
  end(run: ClaimedRun, outcome: RunOutcome): void;
  /** When the next one is due; what cannot be read is never due, and keeps nothing else from being. */
  nextMs(): number | undefined;
}

interface Row {
  readonly id: string;
  readonly task: string;
  readonly cron: string;
  readonly time_zone: string;
  readonly is_paused: number;
  readonly holder: string;
  readonly after_ms: number;
}

/** Each is looked at before every run. */
const MAX_SCHEDULES = 1_000;
/** Runs go one after the other, and nobody shall take the place of all others. */
const MAX_SCHEDULES_PER_PARTY = 100;

export function createSchedules(database: Database, clock: Clock): Schedules {
  const select = database.prepare<[string], Row>('SELECT * FROM schedules WHERE id = ?');
  const selectAll = database.prepare<[], Row>('SELECT * FROM schedules ORDER BY id');
  const upsert = database.prepare<[Row]>(
    `INSERT INTO schedules VALUES (@id, @task, @cron, @time_zone, @is_paused, @holder, @after_ms)
     ON CONFLICT (id) DO UPDATE SET task = @task, cron = @cron, time_zone = @time_zone, is_paused = @is_paused, after_ms = @after_ms`,
  );
  const remove = database.prepare<[string]>('DELETE FROM schedules WHERE id = ?');
  const moveOn = database.prepare<[number, string]>('UPDATE schedules SET after_ms = ? WHERE id = ?');
  const runStore = createRunStore(database);

  const show = (row: Row): Schedule => ({
    id: row.id,
    task: JSON.parse(row.task) as Schedule['task'],
    cron: row.cron,
    timeZone: row.time_zone,
    isPaused: row.is_paused === 1,
    holder: JSON.parse(row.holder) as Party,
    ...nextOf(row),
    lastRun: runStore.last(row.id)?.id ?? null,
  });
  /** Who waits the longest comes first, so that a slow one that is due each minute keeps nobody away. */
  const active = (): Row[] =>
    selectAll
      .all()
      .filter((row) => row.is_paused === 0)
      .sort((one, other) => one.after_ms - other.after_ms);
  const checkRoom = ({ id, holder }: ScheduleInput): void => {
    const all = selectAll.all();
    if (all.some((row) => row.id === id)) return;
    if (all.length >= MAX_SCHEDULES)
      throw conflict('too-many-schedules', `there are ${MAX_SCHEDULES} schedules; remove one`);
    const own = all.filter((row) => isSameParty(JSON.parse(row.holder) as Party, holder)).length;
    if (holder.kind === 'operator' || own < MAX_SCHEDULES_PER_PARTY) return;
    const message = `${holder.kind} ${holder.id} has ${MAX_SCHEDULES_PER_PARTY} schedules, which is the most; remove one`;
    throw conflict('too-many-schedules', message);
  };

  return {
    put: database.transaction((schedule: ScheduleInput) => {
      const nowMs = clock.nowMs();
      dueTimes(schedule.cron, schedule.timeZone, nowMs);
      const before = select.get(schedule.id);
      if (before !== undefined && !isSameParty(JSON.parse(before.holder) as Party, schedule.holder))
        throw conflict('schedule-taken', `another party has a schedule ${schedule.id}; take another name`);
      checkRoom(schedule);
      upsert.run({
        id: schedule.id,
        task: JSON.stringify(schedule.task),
        cron: schedule.cron,
        time_zone: schedule.timeZone,
        is_paused: schedule.isPaused ? 1 : 0,
        holder: JSON.stringify(schedule.holder),
        after_ms: nowMs,
      });
      return show(select.get(schedule.id)!);
    }),
    list: (holder) =>
      selectAll
        .all()
        .map(show)
        .filter((schedule) => holder === undefined || isSameParty(schedule.holder, holder)),
    holderOf(id) {
      const row = select.get(id);
      const holder = row === undefined ? runStore.last(id)?.holder : (JSON.parse(row.holder) as Party);
      if (holder !== undefined) return holder;
      throw new FairhopError('schedule-unknown', `there is no schedule ${id}`, { status: 404 });
    },
    taskOf(id) {
      const row = select.get(id);
      return row && (JSON.parse(row.task) as Schedule['task']);
    },
    remove: database.transaction((id: string) => {
      const row = select.get(id);
      if (row === undefined) return;
      remove.run(id);
      runStore.forgetRemoved(row.holder);
    }).immediate,
    runs: runStore.list,
    run(schedule, id, holder) {
      const run = runStore.get(schedule, id, holder);
      if (run !== undefined) return run;
      const message = `there is no run ${id} of schedule ${schedule}; its newest runs are kept, and listed with their numbers`;
      throw new FairhopError('run-unknown', message, { status: 404 });
    },
    asking: (savedQuery) =>
      selectAll
        .all()
        .map(show)
        .filter(({ task }) => task.type === 'query' && task.savedQuery === savedQuery)
        .map(({ id }) => id),
    // IMMEDIATE: of two that look at the same time one waits, and then sees that the other moved on.
    claim: database.transaction(() => {
      const nowMs = clock.nowMs();
      const cutOff = runStore.claimCutOff(nowMs);
      if (cutOff !== undefined) return cutOff;
      for (const row of active()) {
        const due = timesOf(row, (times) => times.latest(row.after_ms, nowMs)).found;
        if (due === undefined) continue;
        moveOn.run(due.dueMs, row.id);
        const claimed = runStore.claim({ ...row, schedule: row.id, ...due, startedMs: nowMs });
        if (claimed !== undefined) return claimed;
      }
      return undefined;
    }).immediate,
    end: (run, outcome) => runStore.end(run, outcome, clock.nowMs()),
    nextMs: () =>
      active().reduce<number | undefined>((first, row) => {
        const next = nextOf(row).nextMs;
        return next === null || (first !== undefined && first <= next) ? first : next;
      }, undefined),
  };
}

/** Of a row that stands: its line was right when it was put, by the calendar and the rules of that day. */
function timesOf<Found>(
  { cron, time_zone, after_ms }: Row,
  find: (times: DueTimes) => Found,
): { readonly found?: Found; readonly error: Failure | null } {
  try {
    return { found: find(dueTimes(cron, time_zone, after_ms)), error: null };
  } catch (error) {
    return { error: failureOf(error) };
  }
}

function nextOf(row: Row): Pick<Schedule, 'nextMs' | 'error'> {
  const { found, error } = timesOf(row, (times) => times.after(row.after_ms));
  return { nextMs: row.is_paused === 1 ? null : (found ?? null), error };
}

const conflict = (code: string, message: string): FairhopError =>
  new FairhopError(code, message, { status: 409 });
