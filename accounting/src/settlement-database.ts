import { type Migration, openDatabase } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { contractMigration } from './contracts/schema.js';
import { invoiceMigration } from './invoices/schema.js';
import { scheduleMigration } from './schedules/schema.js';

/** A migration's place never changes: each folder adds its own behind the last. */
const settlementMigrations: readonly Migration[] = [contractMigration, scheduleMigration, invoiceMigration];

/** Contracts, invoices and schedules in one file, so that one transaction may write several. Throws what `openDatabase` throws. */
export const openSettlementDatabase = (file: string): Database =>
  openDatabase(file, settlementMigrations, { synchronous: 'FULL' });
