import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ExplainedLine, FailedClosing, NetStatement } from '@fairhop/shared/contract';
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
import { type Acting, createInvoiceActions, type InvoiceActions } from './invoice-actions.js';
import { createInvoiceStore, type InvoiceStore } from './invoice-store.js';
import { type Agreed, agreedBetween, isFinalOf, readNetStatement } from './net-statement.js';
import { createNetStatementStore } from './net-store.js';
import { readKeptFromMs, readPositions } from './positions.js';
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

export interface Invoices extends Pick<InvoiceStore, 'get' | 'list'>, Omit<InvoiceActions, 'credit'> {
  /**
   * Settles a period, in its contract's zone; again it changes nothing, but that what was credited is drafted anew. Throws `period-open`,
   * `period-not-in-force` (409), `contract-unknown` (404), and, of one contract, as `issue` does: of all, those that fail are told.
   */
  closePeriod(period: string, request: CloseRequest, acting: Acting): Promise<ClosedPeriod>;
  /** Drafts what every contract has due by now; what fails is logged and tried the next time. Returns how many periods were closed. */
  closeDue(nowMs: number): Promise<number>;
  credit(id: string, acting: Acting): Promise<{ invoice: Invoice; creditNote: Invoice }>;
  /** Every line derived again from single events. */
  explain(id: string): Promise<{ number: string | null; agrees: boolean; lines: ExplainedLine[] }>;
  netStatement(
    one: string,
    other: string,
    asked: { period: string; timeZone: string },
  ): Promise<NetStatement>;
  /** Of closed periods, newest first. */
  netStatements(isp: string | undefined): NetStatement[];
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
  const statements = createNetStatementStore(database);
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
  const inTurn = createTurns();
  /** Periods end with 5-minute bins: within one, and with the same versions, nothing more of a contract is due. */
  const lookedAt = new Map<string, string>();

  const agreedOf = (all: readonly Contract[], issuer: string, payer: string, period: string): Agreed[] =>
    agreedBetween(all, { issuer, payer, period }).map((agreed) => {
      const isClosed = closings.get(agreed.contract.id, period) !== undefined;
      return { ...agreed, invoiced: isClosed ? invoices.invoicedSoFar(agreed.contract.id) : undefined };
    });
  const bothWays = (one: string, other: string, period: string) => {
    const all = contracts.list({ party: { kind: 'isp', id: one } });
    return [agreedOf(all, other, one, period), agreedOf(all, one, other, period)] as const;
  };
  const stateBetween = (one: string, other: string, asked: { period: string; timeZone: string }) => {
    const request = { one, other, ...asked, agreed: bothWays(one, other, asked.period) };
    return read(function* () {
      const positions = yield* readPositions();
      return { positions, statement: yield* readNetStatement(request, { positions, usages: usageReader() }) };
    });
  };
  const keepStatement = async (
    { issuer, payer }: Contract,
    { key, version }: ContractPeriod,
  ): Promise<void> => {
    const [one, other] = inOrder(issuer.id, payer.id);
    const asked = { period: key, timeZone: version.timeZone };
    if (statements.get(one, other, key, version.timeZone) !== undefined) return;
    if (!isFinalOf(bothWays(one, other, key))) return;
    const { positions, statement } = await stateBetween(one, other, asked);
    if (statement.isFinal) statements.add(statement, positions);
  };
  const closeOne = async (
    contract: Contract,
    period: ContractPeriod,
    { by, nowMs }: Acting,
  ): Promise<string[]> => {
    const drafted = await close({ contract, period, nowMs, by });
    if (hasStatement(contract, period)) await keepStatement(contract, period);
    return drafted;
  };
  const closeOver = async (contract: Contract, nowMs: number): Promise<number> => {
    let count = 0;
    const over = periodsOver(contract, nowMs);
    for (const period of over) {
      if (closings.get(contract.id, period.key) !== undefined) continue;
      await close({ contract, period, nowMs, by: 'schedule' });
      count += 1;
    }
    // Those too of periods after whose closing a process ended; no closing waits for them.
    for (const period of over) if (hasStatement(contract, period)) await keepStatement(contract, period);
    return count;
  };
  /** Those whose period is over, of all contracts or the one that is asked for. */
  const toClose = (key: string, only: string | undefined, nowMs: number): [Contract, ContractPeriod][] => {
    const asked = only === undefined ? contracts.list() : [contracts.get(only)];
    const named = asked.flatMap((contract): [Contract, ContractPeriod][] => {
      const period = periodNamed(contract, key);
      return period === undefined ? [] : [[contract, period]];
    });
    const over = named.filter(([contract, period]) =>
      periodsOver(contract, nowMs).some(({ key: one }) => one === period.key),
    );
    const [first] = named;
    if (over.length > 0) return over;
    if (first === undefined) throw notInForce(key, only);
    requireOver(first[0].id, first[1], nowMs);
    throw notInForce(key, only);
  };
  const explained = (id: string) => {
    const invoice = invoices.get(id);
    const { versions } = contracts.get(invoice.contract);
    return {
      invoice,
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
        for (const [contract, period] of toClose(key, only, acting.nowMs)) {
          try {
            const drafted = await closeOne(contract, period, acting);
            const newest = closings.get(contract.id, key)?.invoice ?? [];
            for (const id of new Set(drafted.concat(newest))) {
              const invoice = invoices.get(id);
              closed.push(issue && invoice.status === 'draft' ? actions.issue(id, acting) : invoice);
            }
          } catch (error) {
            if (only !== undefined) throw error;
            if (!(error instanceof FairhopError))
              log.error({ err: error, contract: contract.id, period: key }, 'a period could not be closed');
            failures.push(failureOf(contract.id, error));
          }
        }
        return { invoices: closed, failures };
      }),
    closeDue: (nowMs) =>
      inTurn(async () => {
        let count = 0;
        for (const contract of contracts.list()) {
          const state = `${Math.floor(nowMs / BIN_MS)} ${contract.versions.length} ${contract.versions.at(-1)?.toMs}`;
          if (lookedAt.get(contract.id) === state) continue;
          try {
            count += await closeOver(contract, nowMs);
            lookedAt.set(contract.id, state);
          } catch (error) {
            log.error(
              { err: error, contract: contract.id },
              'a period could not be closed; it is tried again',
            );
          }
          // Reports get their turn between.
          await nextTurn();
        }
        return count;
      }),
    async explain(id) {
      const asked = explained(id);
      const lines = await readLong(() => explainLines(asked, usageReader()));
      return { number: asked.invoice.number, agrees: lines.every(({ agrees }) => agrees), lines };
    },
    async netStatement(one, other, asked) {
      const [first, second] = inOrder(one, other);
      const kept = statements.get(first, second, asked.period, asked.timeZone);
      const statement = kept ?? (await stateBetween(first, second, asked)).statement;
      return one === first ? statement : turned(statement);
    },
    netStatements: statements.list,
    settledUntilMs: (nowMs) =>
      settledUntil(contracts.list(), nowMs, { closingOf: closings.get, openPeriodsOf: invoices.openPeriods }),
    check: () => checkInvoices({ contracts, invoices, closings, usages: usageReader() }),
  };
}

/** What went wrong within is for the log, and not for who asks. */
const failureOf = (contract: string, error: unknown): FailedClosing =>
  error instanceof FairhopError
    ? { contract, code: error.code, message: error.message }
    : { contract, code: 'internal', message: 'it failed within; the log of the service has more' };

const hasStatement = ({ kind }: Contract, { isInForce }: ContractPeriod): boolean =>
  kind === 'isp-isp' && isInForce;

/** Statements of a pair are kept once, whoever is named first. */
const inOrder = (one: string, other: string): [string, string] => (one < other ? [one, other] : [other, one]);

function turned(statement: NetStatement): NetStatement {
  const { one, other, directions } = statement;
  return { ...statement, one: other, other: one, directions: [directions[1], directions[0]] };
}

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
