export type { Download, GrantFacts } from './flow-table.js';
export { createPolicies, type Policies } from './policies.js';
export { policyMigration } from './policy-store.js';
export { addPolicyRoutes } from './routes.js';
export { noticeOf, type PolicyView } from './view.js';
export type { WayEnd } from './way-end.js';
