import type { Clock, Logger } from '@fairhop/shared/service';
import type { Cleanups } from './cleanups.js';
import type { AccountingConfig } from './config.js';
import type { Invoices } from './invoices/index.js';
import { createScheduledRetention, type Ledger } from './ledger/index.js';

interface RetentionParts {
  readonly log: Logger;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly invoices: Pick<Invoices, 'settledUntilMs'>;
  readonly cleanups: Cleanups;
}

/** Lets old events go, where the configuration wants it. */
export function startRetention(config: AccountingConfig, parts: RetentionParts): void {
  const { log, clock, ledger, invoices, cleanups } = parts;
  const { keepEventDays, retentionIntervalMs: intervalMs } = config;
  if (keepEventDays === undefined) return;
  const retention = createScheduledRetention(
    { keepEventDays, intervalMs },
    {
      retention: ledger.retention,
      settledUntilMs: () => invoices.settledUntilMs(clock.nowMs()),
      ...{ clock, log },
    },
  );
  retention.start();
  cleanups.add(() => retention.stop());
}
