export { type Accounts, createAccounts } from './accounts.js';
export { accountMigration } from './schema.js';
