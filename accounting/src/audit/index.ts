export { auditLedger } from './audit.js';
