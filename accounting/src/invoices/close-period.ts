import { randomUUID } from 'node:crypto';
import type { Contract, PartyDetails } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import type { Contracts } from '../contracts/index.js';
import type { Reading } from '../reading/index.js';
import type { Closing, ClosingStore } from './closing-store.js';
import type { ContractPeriod } from './contract-periods.js';
import { type Draft, draftInvoices, type InvoicedSoFar } from './draft-invoice.js';
import type { InvoiceDocument, InvoiceStore } from './invoice-store.js';
import { type Due, readDue } from './read-due.js';
import type { UsageReader } from './usage.js';

export interface ClosePeriodDependencies {
  /** The settlement database. */
  readonly database: Database;
  readonly contracts: Pick<Contracts, 'noteClosed' | 'parties'>;
  readonly invoices: InvoiceStore;
  readonly closings: ClosingStore;
  /** Reads one state of the ledger. */
  readonly read: <Result>(begin: () => Reading<Result>) => Promise<Result>;
  readonly usages: () => UsageReader;
}

export interface ClosingRequest {
  readonly contract: Contract;
  /** It is over. */
  readonly period: ContractPeriod;
  readonly nowMs: number;
  readonly by: string;
}

/**
 * Closes a period of a contract: one state of the ledger is read, and what is due by it is drafted in one transaction. A period that
 * is closed stays as it is; where its invoice was credited, what is not invoiced anew yet is drafted again. One runs at a time. Returns
 * the ids of what it drafted.
 */
export function createPeriodCloser(
  dependencies: ClosePeriodDependencies,
): (request: ClosingRequest) => Promise<string[]> {
  const { database, contracts, invoices, closings, read, usages } = dependencies;

  const write = database.transaction(
    ({ contract, period, nowMs, by }: ClosingRequest, due: Due): string[] => {
      const before = closings.get(contract.id, period.key);
      const invoiced = invoices.invoicedSoFar(contract.id);
      const drafts = draftInvoices(
        { period, due: due.due, positions: due.positions },
        before === undefined ? firstOf(period, invoiced) : invoiced,
      );
      const details = detailsOf(contract, contracts.parties);
      const written = before === undefined ? drafts : drafts.filter(isOfSomething);
      const ids = new Map<string, string>();
      for (const draft of written) {
        const document = documentOf(contract, draft, details);
        ids.set(draft.period.key, document.id);
        invoices.insert(document, draft.lines, { status: 'draft', timeMs: nowMs, by, note: null });
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
    const { contract, period } = request;
    if (closings.get(contract.id, period.key)?.isReopened === false) return [];
    const closed: readonly Closing[] = closings.list(contract.id);
    const due = await read(() => readDue(contract, period, { closed, usages: usages() }));
    return write.immediate(request, due);
  };
}

/** Nothing of a period is invoiced before it is closed. */
const firstOf =
  (period: ContractPeriod, invoiced: InvoicedSoFar): InvoicedSoFar =>
  (key, charge) =>
    key === period.key ? undefined : invoiced(key, charge);

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
