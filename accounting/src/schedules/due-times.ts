import { FairhopError } from '@fairhop/shared/model';
import { Cron } from 'croner';

const words: ReadonlyMap<string, string> = new Map([
  ['nightly', '30 2 * * *'],
  ['weekly', '30 2 * * 1'],
  ['monthly', '30 2 1 * *'],
]);
/** The library takes more: a date, which has a colon, is due once and then never again, and names such as `@daily`. */
const fiveFields = /^[^\s:]+(?:\s+[^\s:]+){4}$/;

/** More are counted as so many: each is computed, which takes 50 ms for all of them. */
const MAX_MISSED = 1_000;

export interface DueTimes {
  /** The first time after an instant; undefined where there is none. */
  after(timeMs: number): number | undefined;
  /** The latest time in (afterMs, upToMs] and how many there are before it, at most 1,000. */
  latest(afterMs: number, upToMs: number): { dueMs: number; missed: number } | undefined;
}

/**
 * When a cron line is due, by the zone's clock: a time that a change of clocks skips is run after the change, one that it
 * repeats is run once. Throws `cron-invalid`, and `cron-never-due` for a line such as `0 0 30 2 *`.
 */
export function dueTimes(cron: string, timeZone: string, nowMs: number): DueTimes {
  const job = parse(words.get(cron) ?? cron, timeZone);
  const after = (timeMs: number): number | undefined => job.nextRun(new Date(timeMs))?.getTime();
  if (after(nowMs) === undefined) {
    const message = `the cron line ${cron} is never due; days that no month has, such as 30 February, are the usual reason`;
    throw new FairhopError('cron-never-due', message, { status: 400 });
  }
  return {
    after,
    latest(afterMs, upToMs) {
      let dueMs: number | undefined;
      let missed = -1;
      for (let next = after(afterMs); next !== undefined && next <= upToMs; next = after(next)) {
        dueMs = next;
        missed += 1;
        if (missed >= MAX_MISSED) return { dueMs: lastBefore(job, upToMs) ?? next, missed };
      }
      return dueMs === undefined ? undefined : { dueMs, missed };
    },
  };
}

const lastBefore = (job: Cron, upToMs: number): number | undefined =>
  job.previousRuns(1, new Date(upToMs + 1))[0]?.getTime();

function parse(cron: string, timeZone: string): Cron {
  try {
    if (!fiveFields.test(cron.trim())) throw new Error('it does not have five fields');
    return new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `the cron line ${cron} cannot be read (${reason}); five fields such as 30 2 * * 1, or nightly, weekly or monthly are right`;
    throw new FairhopError('cron-invalid', message, { status: 400 });
  }
}
