export { createAgreements } from './agreements.js';
export { createIspNetworks } from './isp-networks.js';
export { createPermission } from './permission-service.js';
export { createPermitKeys } from './permit-keys.js';
export { requireIsp } from './require-isp.js';
export { addPermissionRoutes } from './routes.js';
