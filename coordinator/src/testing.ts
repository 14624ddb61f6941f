// The parts of a coordinator that decide, for simulations in virtual time, and the one that reads what agents say, for malformed
// input: without sockets and timers.

export { openCoordinatorDatabase } from './database.js';
export {
  createGrantDesk,
  createIssueLog,
  createTokenIssuer,
  createUplinkQuota,
  newTransferId,
  type RunningGrant,
} from './grant/index.js';
export {
  createAgreements,
  createIspNetworks,
  createPermission,
  createPermitKeys,
} from './permission/index.js';
export { createQuarantineBook } from './quarantine/index.js';
export { createBadDataBook } from './session/bad-data-book.js';
export { createConnection } from './session/connection.js';
