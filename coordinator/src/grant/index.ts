export { createGrantDesk, type GrantDesk } from './grant-desk.js';
export { createIssueLog } from './issue-log.js';
export type { GrantRecord, RunningGrant } from './running-grant.js';
export { createTokenIssuer, type TokenIssuer } from './tokens.js';
export { newTransferId } from './transfer-id.js';
export { createUplinkQuota, type UplinkQuota } from './uplink-quota.js';
