import type { Contract } from '@fairhop/shared/model';
import { createLog, createManualClock, openDatabase } from '@fairhop/shared/service';
import { type ContractChange, type Contracts, createContracts } from '../contracts/contracts.js';
import type { Ledger } from '../ledger/ledger.js';
import { openTestLedger } from '../ledger/test-support.js';
import { createAccountingObjects } from '../networks/objects.js';
import { networksMigrations } from '../networks/schema.js';
import { type Reading, readHere } from '../reading/index.js';
import { openSettlementDatabase } from '../settlement-database.js';
import { createInvoices, type Invoices } from './invoices.js';
import { type Book, bookerOf, contractOf, details } from './test-support.js';

export interface AgreedSettlement {
  readonly ledger: Ledger;
  readonly invoices: Invoices;
  readonly contracts: Contracts;
  readonly book: Book;
  /** Done once a state of the ledger was read, before anything is written by it. */
  afterReading: () => void;
  check(): string | undefined;
  remove(): Promise<void>;
}

/** Any network is known. */
const knows = {
  isp: () => true,
  autonomousSystem: () => true,
  isComponent: () => true,
  ispOf: () => undefined,
  ownersOf: () => [],
  linksBetween: () => [],
};
/** Invoices by contracts that are agreed on as they are in the service. */
export async function openAgreedSettlement(): Promise<AgreedSettlement> {
  const { ledger, file, remove } = await openTestLedger();
  const database = openSettlementDatabase(`${file}.settlement`);
  const log = createLog({ name: 'test', level: 'silent' });
  const networks = openDatabase(`${file}.networks`, networksMigrations, { synchronous: 'NORMAL' });
  const objects = createAccountingObjects(networks, createManualClock(0));
  const contracts = createContracts({ database, objects, knows, log, keptFromMs: () => 0 });
  for (const id of ['sp1', 'sp2']) contracts.parties.put({ kind: 'isp', id }, details(id.toUpperCase()));
  const read = async <Result>(begin: () => Reading<Result>): Promise<Result> => {
    const result = readHere(ledger.database, begin);
    settlement.afterReading();
    return result;
  };
  const invoices = createInvoices({ ...{ database, ledger, contracts, log }, read, readLong: read });
  const settlement: AgreedSettlement = {
    ...{ ledger, invoices, contracts, book: bookerOf(ledger) },
    afterReading: () => undefined,
    check: () => readHere(ledger.database, invoices.check),
    async remove() {
      database.close();
      networks.close();
      await remove();
    },
  };
  return settlement;
}

/** What a version of a contract is agreed on by. */
export function changeOf(
  version: Parameters<typeof contractOf>[0][number],
  others: Partial<Contract> = {},
): ContractChange {
  const { id: _, objects: __, versions, ...head } = contractOf([version], others);
  const { version: ___, toMs: ____, fromMs, ...terms } = versions[0]!;
  return { ...head, terms, fromMs };
}
