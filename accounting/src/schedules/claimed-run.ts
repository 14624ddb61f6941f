import type { ScheduledTask } from '@fairhop/shared/contract';
import type { Party } from '@fairhop/shared/model';

/** A month's invoices of hundreds of contracts take some minutes. */
export const MAX_RUN_MS = 10 * 60_000;

/** A run that is this process's to do: nobody else claims its time. */
export interface ClaimedRun {
  readonly id: number;
  readonly attempt: number;
  readonly schedule: string;
  readonly task: ScheduledTask;
  readonly holder: Party;
  readonly dueMs: number;
}
