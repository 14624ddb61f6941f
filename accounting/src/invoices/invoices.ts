import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ExplainedLine, FailedClosing } from '@fairhop/shared/contract';
import { BIN_MS, type Contract, FairhopError, type Invoice } from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { Contracts } from '../contracts/index.js';
import { type Reading, readHere } from '../reading/index.js';
import { checkInvoices } from './check-invoices.js';
import { createPeriodCloser } from './close-period.js';
import { createClosingStore } from './closing-store.js';
import { type ContractPeriod, periodNamed, periodsOver, requireOver } from './contract-periods.js';
import { explainLines } from './explain.js';
import { type Acting, type Crediting, createInvoiceActions, type InvoiceActions } from './invoice-actions.js';
import { createInvoiceStore, type InvoiceStore } from './invoice-store.js';
import { createNetStatements, type NetStatements } from './net-statements.js';
import { readKeptFromMs } from './positions.js';
import { settledUntil } from './settled-until.js';
import { createUsageReader, type UsageReader } from './usage.js';

export interface InvoicesDependencies {
  /** The settlement database. */
  readonly database: Database;
  readonly ledger: { readonly database: Database };
  readonly contracts: Contracts;
  /** Reads one state of the ledger. */
  readonly read: <Result>(begin: () => Reading<Result>) => Promise<Result>;
  /** Where it takes as long as going through all events does. */
  readonly readLong: <Result>(begin: () => Reading<Result>) => Promise<Result>;
  readonly log: Logger;
}

interface CloseRequest {
  /** All whose period is over when it is absent. */
  readonly contract?: string | undefined;
  /** Issue the drafts at once. */
  readonly issue?: boolean | undefined;
}

interface ClosedPeriod {
  readonly invoices: Invoice[];
  /** Contracts that could not be closed, or not be issued all of. */
  readonly failures: FailedClosing[];
}

interface ClosedDue {
  /** How many periods were closed. */
  readonly closed: number;
  /** All that are due and could not be closed. */
  readonly failures: FailedClosing[];
}

export interface Invoices extends Pick<InvoiceStore, 'get' | 'list'>, Omit<InvoiceActions, 'credit'> {
  /**
   * Settles a period, in its contract's zone; again it changes nothing, but that what was credited is drafted anew. Throws `period-open`,
   * `period-not-in-force`, `contract-changed` (409), `contract-unknown` (404), and, of one contract, as `issue` does: of all, those that fail are told.
   */
  closePeriod(period: string, request: CloseRequest, acting: Acting): Promise<ClosedPeriod>;
  /** Drafts what every contract has due by now; what fails is logged, told and tried the next time. */
  closeDue(nowMs: number): Promise<ClosedDue>;
  /** How many periods were due and could not be closed when they were looked at last. */
  countUnclosed(): number;
  credit(id: string, acting: Crediting): Promise<{ invoice: Invoice; creditNote: Invoice }>;
  /** Every line derived again from single events. */
  explain(id: string): Promise<{ number: string | null; agrees: boolean; lines: ExplainedLine[] }>;
  netStatement: NetStatements['between'];
  netStatements: NetStatements['list'];
  /** All before it is settled for good: single events of it may be dropped. */
  settledUntilMs(nowMs: number): number;
  /** Whether what is invoiced of closed periods is what the plans ask; the first that is not, in words. */
  check(): Reading<string | undefined>;
}

/** Settle-up: what is due by contracts, as invoices that can be derived again from single events. */
export function createInvoices(dependencies: InvoicesDependencies): Invoices {
  const { database, ledger, contracts, read, readLong, log } = dependencies;
  const invoices = createInvoiceStore(database);
  const closings = createClosingStore(database);
  const actions = createInvoiceActions({
    ...{ database, contracts, invoices, closings },
    keptFromMs: () => readHere(ledger.database, readKeptFromMs),
  });
  let usages: { readonly of: Database; readonly reader: UsageReader } | undefined;
  const usageReader = (): UsageReader => {
    // A ledger that was stopped and started has another database.
    if (usages?.of !== ledger.database)
      usages = { of: ledger.database, reader: createUsageReader(ledger.database) };
    return usages.reader;
  };
  const close = createPeriodCloser({
    ...{ database, contracts, invoices, closings, read },
    usages: usageReader,
  });
  const statements = createNetStatements({
    ...{ database, contracts, invoices, closings, read },
    usages: usageReader,
  });
  const inTurn = createTurns();
  /** Periods end with 5-minute bins: within one, and with the same versions, nothing more of a contract is due. */
  const lookedAt = new Map<string, string>();
  let unclosed = 0;

  const keepStatement = async (id: string, key: string): Promise<void> => {
    const contract = contracts.get(id);
    const period = periodNamed(contract, key);
    if (period !== undefined) await statements.keep(contract, period);
  };
  /** Does it of all periods of a contract that are over: what is wrong with one holds up no other one. Returns what failed. */
  const ofOver = async (
    contract: string,
    nowMs: number,
    work: (period: string) => Promise<void>,
  ): Promise<FailedClosing[]> => {
    const failures: FailedClosing[] = [];
    for (const { key: period } of periodsOver(contracts.get(contract), nowMs)) {
      try {
        await work(period);
      } catch (error) {
        log.error({ err: error, contract, period }, 'a period could not be closed; it is tried again');
        failures.push(failureOf({ contract, period }, error));
      }
    }
    // Reports get their turn between.
    await nextTurn();
    return failures;
  };
  /** Ids of those whose period is over, of all contracts or the one that is asked for. */
  const toClose = (key: string, only: string | undefined, nowMs: number): string[] => {
    const asked = only === undefined ? contracts.list() : [contracts.get(only)];
    const named = asked.flatMap((contract): [Contract, ContractPeriod][] => {
      const period = periodNamed(contract, key);
      return period === undefined ? [] : [[contract, period]];
    });
    const over = named.filter(([contract, period]) =>
      periodsOver(contract, nowMs).some(({ key: one }) => one === period.key),
    );
    const [first] = named;
    if (over.length > 0) return over.map(([{ id }]) => id);
    if (first === undefined) throw notInForce(key, only);
    requireOver(first[0].id, first[1], nowMs);
    throw notInForce(key, only);
  };
  /** What it drafted and is not credited; else the newest invoice that it had. */
  const ofClosing = (contract: string, key: string): Invoice[] => {
    const found = invoices.ofClosing(contract, key);
    const newest = closings.get(contract, key)?.invoice ?? null;
    return found.length > 0 || newest === null ? found : [invoices.get(newest)];
  };
  const explained = (id: string) => {
    const invoice = invoices.get(id);
    const { versions: held } = contracts.get(invoice.contract);
    const versions = [...contracts.formerVersions(invoice.contract), ...held];
    const note = invoice.status === 'credited' ? invoices.creditNoteOf(invoice) : invoice;
    return {
      invoice,
      isWaived: note?.waives === true,
      lines: invoices.linesOf(invoice.id),
      versions: new Map(versions.map((version) => [version.version, version])),
    };
  };
  return {
    get: invoices.get,
    list: invoices.list,
    issue: actions.issue,
    pay: actions.pay,
    dispute: actions.dispute,
    credit: (id, acting) => inTurn(async () => actions.credit(id, acting)),
    closePeriod: (key, { contract: only, issue = false }, acting) =>
      inTurn(async () => {
        const closed: Invoice[] = [];
        const failures: FailedClosing[] = [];
        for (const contract of toClose(key, only, acting.nowMs)) {
          try {
            await close({ contract, period: key, nowMs: acting.nowMs, by: acting.by });
            await keepStatement(contract, key);
            // What was drafted on its own before too, one for each currency and tax.
            for (const invoice of ofClosing(contract, key))
              closed.push(issue && invoice.status === 'draft' ? actions.issue(invoice.id, acting) : invoice);
          } catch (error) {
            if (only !== undefined) throw error;
            if (!(error instanceof FairhopError))
              log.error({ err: error, contract, period: key }, 'a period could not be closed');
            failures.push(failureOf({ contract, period: key }, error));
          }
        }
        return { invoices: closed, failures };
      }),
    closeDue: (nowMs) =>
      inTurn(async () => {
        let closed = 0;
        const failures: FailedClosing[] = [];
        const begun = new Map<string, string>();
        for (const { id: contract } of contracts.list()) {
          const last = contracts.get(contract).versions.at(-1)!;
          const state = `${Math.floor(nowMs / BIN_MS)} ${last.version} ${last.toMs}`;
          if (lookedAt.get(contract) === state) continue;
          begun.set(contract, state);
          const failed = await ofOver(contract, nowMs, async (period) => {
            if (closings.get(contract, period) !== undefined) return;
            await close({ contract, period, nowMs, by: 'schedule' });
            closed += 1;
          });
          failures.push(...failed);
        }
        // Once all of both sides is closed; those too of periods after whose closing a process ended.
        for (const contract of begun.keys())
          failures.push(...(await ofOver(contract, nowMs, (period) => keepStatement(contract, period))));
        for (const [contract, state] of begun)
          if (failures.every((failure) => failure.contract !== contract)) lookedAt.set(contract, state);
        unclosed = failures.length;
        return { closed, failures };
      }),
    countUnclosed: () => unclosed,
    async explain(id) {
      const asked = explained(id);
      const lines = await readLong(() => explainLines(asked, usageReader()));
      return { number: asked.invoice.number, agrees: lines.every(({ agrees }) => agrees), lines };
    },
    netStatement: statements.between,
    netStatements: statements.list,
    settledUntilMs: (nowMs) =>
      settledUntil(contracts.list(), nowMs, { closingOf: closings.get, openPeriodsOf: invoices.openPeriods }),
    check: () => checkInvoices({ contracts, invoices, closings, usages: usageReader(), log }),
  };
}

/** What went wrong within is for the log, and not for who asks. */
const failureOf = (of: Pick<FailedClosing, 'contract' | 'period'>, error: unknown): FailedClosing =>
  error instanceof FairhopError
    ? { ...of, code: error.code, message: error.message }
    : { ...of, code: 'internal', message: 'it failed within; the log of the service has more' };

/** One after another: what is invoiced must not change while it is read what is due. */
function createTurns(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}

const notInForce = (period: string, contract: string | undefined): FairhopError => {
  const who = contract === undefined ? 'no contract has' : `contract ${contract} has no`;
  const message = `${who} period ${period}; a month such as 2026-11 or a quarter such as 2026-Q4 is right, as the terms say, from its begin on`;
  return new FairhopError('period-not-in-force', message, { status: 409 });
};
