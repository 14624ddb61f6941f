export { billingPeriodAt, billingPeriodNamed } from './billing-period.js';
export { type Contracts, createContracts } from './contracts.js';
export type { ContractKnowledge } from './knowledge.js';
export { addContractRoutes } from './routes.js';
