export { type AuditDesk, createAuditDesk } from './audit-desk.js';
export { createAuditLog } from './audit-log.js';
export { createEdgeDigests } from './edge-digests.js';
