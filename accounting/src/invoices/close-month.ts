import { type Contract, FairhopError, type Invoice, type PartyDetails } from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import { createContractStore } from '../contracts/contract-store.js';
import { type Contracts, createContracts } from '../contracts/index.js';
import { createReader } from '../reading/index.js';
import { openSettlementDatabase } from '../settlement-database.js';
import { createInvoices, type InvoicesDependencies } from './invoices.js';

export interface MonthToClose {
  readonly ledger: InvoicesDependencies['ledger'];
  /** SQLite file, which is made. */
  readonly settlementFile: string;
  /** As they were agreed; their parties need no names here. */
  readonly contracts: readonly Contract[];
  /** `2026-07`. */
  readonly period: string;
  readonly nowMs: number;
  readonly log: Logger;
}

const TIMEOUT_MS = 600_000;

/** Settles a period of contracts over a ledger, without a service: what it takes to read, draft, number and keep their invoices. */
export async function closeMonth(month: MonthToClose): Promise<Invoice[]> {
  const { ledger, settlementFile, period, nowMs, log } = month;
  const database = openSettlementDatabase(settlementFile);
  const reader = createReader({ file: ledger.database.name, timeoutMs: TIMEOUT_MS, maximumWaiting: 1 });
  try {
    const store = createContractStore(database);
    for (const { versions, objects: _, ...head } of month.contracts)
      store.put({ ...head, closedUntilMs: null }, versions);
    const invoices = createInvoices({
      ...{ database, ledger, log, read: reader.run, readLong: reader.run },
      contracts: asAgreed(
        createContracts({ database, objects: nowhere, knows: everything, keptFromMs: () => 0, log }),
      ),
    });
    const acting = { by: 'operator', nowMs };
    const closed = await invoices.closePeriod(period, { issue: true }, acting);
    const [failure] = closed.failures;
    if (failure === undefined) return closed.invoices;
    throw new FairhopError(failure.code, `${failure.contract}: ${failure.message}`);
  } finally {
    await reader.stop();
    database.close();
  }
}

const unnamed = (id: string): PartyDetails => ({ name: id, addressLines: [], country: 'ZZ' });

const asAgreed = (contracts: Contracts): Contracts => ({
  ...contracts,
  parties: { ...contracts.parties, get: (party) => contracts.parties.get(party) ?? unnamed(party.id) },
});

/** Contracts that are agreed already are neither checked nor measured by accounting objects. */
const notAsked = (): never => {
  throw new Error('nothing is agreed here');
};
const nowhere = { put: notAsked, close: notAsked, get: notAsked };
const everything = {
  isp: () => true,
  autonomousSystem: () => true,
  isComponent: () => true,
  ispOf: () => undefined,
  ownersOf: () => [],
  linksBetween: () => [],
};
