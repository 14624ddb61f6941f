// What stands between reports and the ledger, and between the ledger and invoices, for simulations in virtual time: without
// sockets and timers.

export { auditLedger } from './audit/index.js';
export { type Contracts, createContracts } from './contracts/index.js';
export { createIngest } from './ingest/ingest.js';
export { closeMonth, type MonthToClose } from './invoices/close-month.js';
export { createInvoices, type Invoices } from './invoices/index.js';
export { createAccountingObjects } from './networks/objects.js';
export { networksMigrations } from './networks/schema.js';
export { createPathResolver } from './paths/path-resolver.js';
export { readHere } from './reading/index.js';
export { openSettlementDatabase } from './settlement-database.js';
export { createSuspects, type QuarantinePlace, suspectsSchema } from './suspects/index.js';
