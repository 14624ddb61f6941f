import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Contract, FairhopError, type PartyDetails } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import type { Contracts } from '../contracts/index.js';
import type { Reading } from '../reading/index.js';
import type { Closing, ClosingStore } from './closing-store.js';
import { type ContractPeriod, periodsOver } from './contract-periods.js';
import { type Draft, draftInvoices, type SoFar } from './draft-invoice.js';
import type { InvoiceDocument, InvoiceStore } from './invoice-store.js';
import { type Due, readDue } from './read-due.js';
import type { UsageReader } from './usage.js';

export interface ClosePeriodDependencies {
  /** The settlement database. */
  readonly database: Database;
  readonly contracts: Pick<Contracts, 'get' | 'noteClosed' | 'parties'>;
  readonly invoices: InvoiceStore;
  readonly closings: ClosingStore;
  /** Reads one state of the ledger. */
  readonly read: <Result>(begin: () => Reading<Result>) => Promise<Result>;
  readonly usages: () => UsageReader;
}

export interface ClosingRequest {
  /** Its id. */
  readonly contract: string;
  /** Key of one that is over. */
  readonly period: string;
  readonly nowMs: number;
  readonly by: string;
}

/** What a closing reads of a contract, by which it drafts where nothing changed meanwhile. */
interface Agreed {
  readonly contract: Contract;
  readonly period: ContractPeriod;
}

/** Reading takes seconds to minutes, and contracts change some times a year. */
const MAX_ATTEMPTS = 5;

/**
 * Closes a period of a contract: one state of the ledger is read, and what is due by it is drafted in one transaction, which begins
 * again where the contract was changed meanwhile. A period that is closed stays as it is; where its invoice was credited, what is not
 * invoiced anew yet is drafted again. One runs at a time. Returns the ids of what it drafted. Throws `contract-changed` (409).
 */
export function createPeriodCloser(
  dependencies: ClosePeriodDependencies,
): (request: ClosingRequest) => Promise<string[]> {
  const { database, contracts, invoices, closings, read, usages } = dependencies;

  const write = database.transaction(
    ({ contract, period }: Agreed, { nowMs, by }: ClosingRequest, due: Due): string[] | undefined => {
      if (!isDeepStrictEqual(contracts.get(contract.id).versions, contract.versions)) return undefined;
      const before = closings.get(contract.id, period.key);
      const soFar = invoices.soFar(contract.id);
      const drafts = draftInvoices(
        { period, due: due.due, positions: due.positions },
        before === undefined ? firstOf(period, soFar) : soFar,
      );
      const details = detailsOf(contract, contracts.parties);
      const written = before === undefined ? drafts : drafts.filter(isOfSomething);
      const ids = new Map<string, string>();
      for (const draft of written) {
        const document = documentOf(contract, draft, details);
        ids.set(draft.period.key, document.id);
        const change = { status: 'draft', timeMs: nowMs, by, note: null } as const;
        invoices.insert(document, draft.lines, change, period.key);
      }
      for (const [one, fingerprint] of due.settled) {
        const known = closings.get(contract.id, one.key);
        closings.put({
          ...{ contract: contract.id, period: one.key, fromMs: one.fromMs, toMs: one.toMs },
          ...due.positions,
          closedMs: known?.closedMs ?? nowMs,
          fingerprint,
          isReopened: false,
          invoice: ids.get(one.key) ?? known?.invoice ?? null,
        });
      }
      contracts.noteClosed(contract.id, period.toMs);
      return [...ids.values()];
    },
  );
  return async (request) => {
    const { contract: id, period: key, nowMs } = request;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const contract = contracts.get(id);
      const period = periodsOver(contract, nowMs).find((over) => over.key === key);
      if (period === undefined) break;
      if (closings.get(id, key)?.isReopened === false) return [];
      const closed: readonly Closing[] = closings.list(id);
      const due = await read(() => readDue(contract, period, { closed, usages: usages() }));
      const drafted = write.immediate({ contract, period }, request, due);
      if (drafted !== undefined) return drafted;
    }
    const message = `contract ${id} was changed while ${key} was being closed; close it again where it is over by its terms`;
    throw new FairhopError('contract-changed', message, { status: 409 });
  };
}

/** Nothing of a period is invoiced before it is closed. */
const firstOf = (period: ContractPeriod, { invoiced, waived }: SoFar): SoFar => ({
  invoiced: (key, charge) => (key === period.key ? undefined : invoiced(key, charge)),
  waived,
});

const isOfSomething = ({ lines }: Draft): boolean => lines.some(({ line }) => line.amount !== 0);

/** ISO 3166-1 keeps ZZ free for what is not known. */
const unknownCountry = 'ZZ';

export interface Details {
  readonly issuerDetails: PartyDetails;
  readonly payerDetails: PartyDetails;
}

/** As the parties are named now. */
export function detailsOf(
  { issuer, payer }: Pick<Contract, 'issuer' | 'payer'>,
  parties: Contracts['parties'],
): Details {
  const named = (party: Contract['issuer']): PartyDetails =>
    parties.get(party) ?? { name: party.id, addressLines: [], country: unknownCountry };
  return { issuerDetails: named(issuer), payerDetails: named(payer) };
}

function documentOf(
  { id: contract, issuer, payer }: Contract,
  { period, lines, netAmount, taxAmount, totalAmount }: Draft,
  details: Details,
): InvoiceDocument {
  const { key, fromMs, toMs, version } = period;
  const { category, percent, exemptionReason } = version.tax;
  return {
    id: randomUUID(),
    type: 'invoice',
    ...{ contract, issuer, payer, ...details },
    ...{ period: key, fromMs, toMs, timeZone: version.timeZone, currency: version.currency },
    lines: lines.map(({ line }) => line),
    ...{ netAmount, taxCategory: category, taxPercent: percent },
    ...(exemptionReason !== undefined && { taxExemptionReason: exemptionReason }),
    ...{ taxAmount, totalAmount, credits: null },
  };
}
