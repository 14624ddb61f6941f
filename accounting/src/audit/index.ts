export { audit, auditLedger } from './audit.js';
