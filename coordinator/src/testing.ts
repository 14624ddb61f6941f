// The parts of a coordinator that decide, for simulations in virtual time: without sessions, sockets and timers.

export { openCoordinatorDatabase } from './database.js';
export {
  createGrantDesk,
  createIssueLog,
  createTokenIssuer,
  createUplinkQuota,
  type RunningGrant,
} from './grant/index.js';
export {
  createAgreements,
  createIspNetworks,
  createPermission,
  createPermitKeys,
} from './permission/index.js';
export { createQuarantineBook } from './quarantine/index.js';
export { createReliability } from './session/reliability.js';
