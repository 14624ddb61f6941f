import type { AuditResult } from '@fairhop/shared/contract';
import type { Clock, HttpService, Logger } from '@fairhop/shared/service';
import { Gauge } from 'prom-client';
import type { Access } from './access.js';
import { audit, withCheck } from './audit/index.js';
import type { Cleanups } from './cleanups.js';
import { addDocumentRoutes } from './documents/index.js';
import {
  addInvoiceRoutes,
  createInvoices,
  createScheduledClosing,
  type Invoices,
  visibleInvoice,
} from './invoices/index.js';
import type { Ledger } from './ledger/index.js';
import { createReader, type Reading } from './reading/index.js';
import type { Settlement } from './start-settlement.js';

export interface InvoicesParts extends Settlement {
  readonly log: Logger;
  readonly clock: Clock;
  readonly http: HttpService;
  readonly auth: Access['auth'];
  readonly cleanups: Cleanups;
  readonly ledger: Ledger;
}

export interface StartedInvoices {
  readonly invoices: Invoices;
  /** The audit of the ledger with that of what is invoiced. */
  readonly audit: () => Reading<AuditResult>;
  /** Once the service answers: catches up on what is due. */
  start(): void;
}

/** A charge that only single events tell apart takes some seconds per ten million of them, a contract has 64. */
const READ_TIMEOUT_MS = 10 * 60_000;
const MAX_WAITING = 16;

/** Before `http` starts: it gets routes. */
export function startInvoices(parts: InvoicesParts): StartedInvoices {
  const { database, contracts, ledger, http, auth, clock, log, cleanups } = parts;
  const reading = { file: ledger.database.name, timeoutMs: READ_TIMEOUT_MS, maximumWaiting: MAX_WAITING };
  // Explanations take long and must not hold up closing.
  const [settling, explaining] = [createReader(reading), createReader(reading)];
  const invoices = createInvoices({
    ...{ database, ledger, contracts, log },
    read: settling.run,
    readLong: explaining.run,
  });
  new Gauge({
    name: 'fairhop_accounting_unclosed_periods',
    help: 'Periods of contracts that are due and could not be closed; retention waits for them',
    registers: [http.registry],
    collect() {
      this.set(invoices.countUnclosed());
    },
  });
  const closing = createScheduledClosing({ invoices, clock, log });
  cleanups.add(() => Promise.all([settling.stop(), explaining.stop(), closing.stop()]));
  http.routes((app) => addInvoiceRoutes(app, { auth, clock, invoices }));
  http.routes((app) =>
    addDocumentRoutes(app, { auth, find: (name, principal) => visibleInvoice(invoices, name, principal) }),
  );
  return {
    invoices,
    audit: () =>
      withCheck(
        audit,
        { name: 'invoices', states: 'what is invoiced = plans of single events' },
        invoices.check,
      ),
    start: () => closing.start(),
  };
}
