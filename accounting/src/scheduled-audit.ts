import type { AuditResult } from '@fairhop/shared/contract';
import type { Logger } from '@fairhop/shared/service';

export interface ScheduledAuditDependencies {
  readonly audit: () => AuditResult;
  readonly log: Logger;
  readonly onResult: (result: AuditResult) => void;
}

export interface ScheduledAudit {
  start(): void;
  stop(): void;
  /** An audit now, counted as those on schedule. */
  run(): AuditResult;
}

/** Audits the ledger every so often; a break is an error in the log and shows in the metrics. */
export function createScheduledAudit(
  intervalMs: number,
  { audit, log, onResult }: ScheduledAuditDependencies,
): ScheduledAudit {
  let timer: NodeJS.Timeout | undefined;

  const run = (): AuditResult => {
    const result = audit();
    onResult(result);
    const { ok, events, bytes, firstBreak } = result;
    if (ok) log.info({ events, bytes }, 'the ledger adds up');
    else log.error({ events, bytes, firstBreak }, 'the ledger does not add up');
    return result;
  };
  return {
    run,
    start() {
      timer = setInterval(() => {
        try {
          run();
        } catch (error) {
          log.error({ err: error }, 'the ledger could not be audited');
        }
      }, intervalMs);
    },
    stop: () => clearInterval(timer),
  };
}
