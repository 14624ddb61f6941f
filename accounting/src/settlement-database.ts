import { type Migration, openDatabase } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { contractMigration, formerVersionMigration, saidObjectMigration } from './contracts/schema.js';
import { invoiceClosingMigration, invoiceMigration, statementMigration } from './invoices/schema.js';
import { scheduleAnswerMigration, scheduleMigration } from './schedules/schema.js';

/** A migration's place never changes: each folder adds its own behind the last. */
const settlementMigrations: readonly Migration[] = [
  contractMigration,
  scheduleMigration,
  invoiceMigration,
  scheduleAnswerMigration,
  statementMigration,
  invoiceClosingMigration,
  formerVersionMigration,
  saidObjectMigration,
];

/** Contracts, invoices and schedules in one file, so that one transaction may write several. Throws what `openDatabase` throws. */
export const openSettlementDatabase = (file: string): Database =>
  openDatabase(file, settlementMigrations, { synchronous: 'FULL' });
