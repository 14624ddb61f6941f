export { audit, auditLedger } from './audit.js';
export { withCheck } from './with-check.js';
