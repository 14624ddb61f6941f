// What stands between reports and the ledger, for simulations in virtual time: without sockets and timers.

export { auditLedger } from './audit/index.js';
export { createIngest } from './ingest/ingest.js';
export { createPathResolver } from './paths/path-resolver.js';
export { createSuspects, type QuarantinePlace, suspectsSchema } from './suspects/index.js';
