import type { ScheduleRun } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';

export type Failure = NonNullable<ScheduleRun['error']>;

/** What went wrong within is for the log, and not for whoever looks at the schedule. */
export const failureOf = (error: unknown): Failure =>
  error instanceof FairhopError
    ? { code: error.code, message: error.message }
    : { code: 'internal', message: 'the service failed; its log tells more' };
