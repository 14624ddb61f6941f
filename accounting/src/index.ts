export { type AccountingConfig, accountingConfigSchema } from './config.js';
export type { KeyLookup } from './ingest/coordinator-keys.js';
export {
  type AccountingDependencies,
  type AccountingService,
  createAccountingService,
} from './service.js';
export type { CheckDraws, QuarantinePlace } from './suspects/index.js';
