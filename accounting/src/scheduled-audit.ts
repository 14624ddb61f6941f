import type { AuditResult } from '@fairhop/shared/contract';
import type { Logger } from '@fairhop/shared/service';

export interface ScheduledAuditDependencies {
  readonly audit: () => Promise<AuditResult>;
  readonly log: Logger;
  readonly onResult: (result: AuditResult) => void;
}

export interface ScheduledAudit {
  start(): void;
  /** No further audit begins; one under way is its reader's to end. */
  stop(): void;
  /**
   * An audit of all that is booked by now, counted as those on schedule. One runs at a time: whoever asks while one does
   * shares the next.
   */
  run(): Promise<AuditResult>;
}

/** Audits the ledger every so often; a break is an error in the log and shows in the metrics. */
export function createScheduledAudit(
  intervalMs: number,
  { audit, log, onResult }: ScheduledAuditDependencies,
): ScheduledAudit {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<AuditResult> | undefined;
  let next: Promise<AuditResult> | undefined;

  const begin = (): Promise<AuditResult> => {
    const begun = auditOnce().finally(() => {
      if (running === begun) running = undefined;
    });
    running = begun;
    return begun;
  };
  const auditOnce = async (): Promise<AuditResult> => {
    const result = await audit();
    onResult(result);
    const { ok, events, bytes, unattributedEvents, unattributedBytes, firstBreak } = result;
    const sums = { events, bytes, unattributedEvents, unattributedBytes };
    if (ok) log.info(sums, 'the ledger adds up');
    else log.error({ ...sums, firstBreak }, 'the ledger does not add up');
    return result;
  };
  const runNext = async (after: Promise<AuditResult>): Promise<AuditResult> => {
    await after.catch(() => undefined);
    next = undefined;
    return begin();
  };
  const run = (): Promise<AuditResult> => {
    if (running === undefined) return begin();
    next ??= runNext(running);
    return next;
  };
  return {
    run,
    start() {
      timer = setInterval(() => {
        // An audit that takes longer than the interval is enough.
        if (running !== undefined) return;
        run().catch((error: unknown) => {
          if (timer !== undefined) log.error({ err: error }, 'the ledger could not be audited');
        });
      }, intervalMs);
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
