import {
  type Charge,
  type Contract,
  type ContractTerms,
  type ContractVersion,
  FairhopError,
  type PartyDetails,
} from '@fairhop/shared/model';
import { createLog } from '@fairhop/shared/service';
import type { Contracts } from '../contracts/index.js';
import type { Ledger } from '../ledger/ledger.js';
import { batch, event, eventsMessage, openTestLedger, pathOf, spOf, uuid } from '../ledger/test-support.js';
import { type Reading, readHere } from '../reading/index.js';
import { openSettlementDatabase } from '../settlement-database.js';
import { createInvoices, type Invoices } from './invoices.js';

export const terms: ContractTerms = {
  currency: 'EUR',
  timeZone: 'Europe/London',
  period: 'month',
  unit: 'GB',
  rounding: 'half-even',
  charges: [
    { id: 'all', description: 'All traffic', usage: {}, plan: { type: 'per-unit', price: '1000000' } },
  ],
  tax: { category: 'S', percent: '20' },
  paymentDays: 30,
  graceHours: 0,
};

export const details = (name: string): PartyDetails => ({
  name,
  addressLines: ['1 Way'],
  country: 'GB',
  vatId: 'GB123456789',
});

export function contractOf(
  versions: readonly Partial<ContractVersion>[],
  others: Partial<Contract> = {},
): Contract {
  return {
    id: 'transit',
    kind: 'isp-isp',
    name: 'Transit',
    issuer: { kind: 'isp', id: 'sp2' },
    payer: { kind: 'isp', id: 'sp1' },
    objects: [],
    ...others,
    versions: versions.map((version, index) => ({
      ...terms,
      version: index + 1,
      fromMs: Date.UTC(2026, 8, 30, 23),
      toMs: null,
      ...version,
    })),
  };
}

/** One charge of so much for each GB. */
export const perGb = (price: string, usage: Charge['usage'] = {}): Charge[] => [
  { id: 'traffic', description: 'Traffic', usage, plan: { type: 'per-unit', price } },
];

/** Books bytes of a transfer of its own, from an edge in the first AS to a client in the last: without a path, SP1 and SP2. */
export type Book = (binMs: number, bytes: number, asPath?: readonly number[]) => void;

export function bookerOf(ledger: Ledger): Book {
  let booked = 0;
  return (binMs, bytes, asPath = [64_501, 64_502]) => {
    booked += 1;
    const [sourceAs, destinationAs] = [asPath[0]!, asPath.at(-1)!];
    const one = event({
      ...{ transferId: uuid(booked), kind: 'edge-to-client', source: 'host:edge', binMs, bytes },
      ...{ sourceAs, sourceIsp: spOf(sourceAs), destinationAs, destinationIsp: spOf(destinationAs) },
      path: pathOf([...asPath], spOf),
    });
    ledger.book(batch([eventsMessage(0, one)]), binMs);
  };
}

export async function errorOf(failing: () => unknown): Promise<FairhopError> {
  try {
    await failing();
  } catch (error) {
    return error as FairhopError;
  }
  throw new Error('it did not fail');
}

export interface TestSettlement {
  readonly ledger: Ledger;
  readonly invoices: Invoices;
  /** Contracts as they are agreed, without the checks of how they come to be. */
  readonly contracts: Map<string, Contract>;
  readonly closedUntil: Map<string, number>;
  /** What parties are called; any other is its id in upper case, with a VAT id. */
  readonly named: Map<string, PartyDetails>;
  readonly book: Book;
  /** Whether what is invoiced is what the plans ask; the first that is not. */
  check(): string | undefined;
  remove(): Promise<void>;
}

export async function openTestSettlement(...agreed: Contract[]): Promise<TestSettlement> {
  const { ledger, file, remove } = await openTestLedger();
  const database = openSettlementDatabase(`${file}.settlement`);
  const contracts = new Map(agreed.map((contract) => [contract.id, contract]));
  const insert = database.prepare(
    `INSERT INTO contracts (id, kind, name, issuer_kind, issuer_id, payer_kind, payer_id) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { id, kind, name, issuer, payer } of agreed)
    insert.run(id, kind, name, issuer.kind, issuer.id, payer.kind, payer.id);
  const closedUntil = new Map<string, number>();
  const named = new Map<string, PartyDetails>();
  const known: Pick<
    Contracts,
    'formerVersions' | 'get' | 'list' | 'noteClosed' | 'noteReopened' | 'parties'
  > = {
    get(id) {
      const contract = contracts.get(id);
      if (contract !== undefined) return contract;
      throw new FairhopError('contract-unknown', `there is no contract ${id}`, { status: 404 });
    },
    list: () => [...contracts.values()],
    noteClosed: (id, untilMs) => void closedUntil.set(id, untilMs),
    noteReopened: (id, fromMs) => void closedUntil.set(id, fromMs ?? 0),
    formerVersions: () => [],
    parties: {
      get: ({ id }) => named.get(id) ?? details(id.toUpperCase()),
      put: (party, put) => ({ party, details: put }),
      list: () => [],
    },
  };
  const read = async <Result>(begin: () => Reading<Result>): Promise<Result> =>
    readHere(ledger.database, begin);
  const invoices = createInvoices({
    ...{ database, ledger, read, readLong: read },
    contracts: known as Contracts,
    log: createLog({ name: 'test', level: 'silent' }),
  });
  return {
    ...{ ledger, invoices, contracts, closedUntil, named, book: bookerOf(ledger) },
    check: () => readHere(ledger.database, invoices.check),
    async remove() {
      database.close();
      await remove();
    },
  };
}
