export { type Accounts, createAccounts } from './accounts.js';
export { accountMigration, emailOfOrganisationMigration } from './schema.js';
