import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createLedger, type Ledger } from '@fairhop/accounting/ledger';
import { createQueryEngine, type QueryEngine } from '@fairhop/accounting/query';
import {
  auditLedger,
  type Contracts,
  createAccountingObjects,
  createContracts,
  createIngest,
  createInvoices,
  createPathResolver,
  type Invoices,
  networksMigrations,
  openSettlementDatabase,
  readHere,
} from '@fairhop/accounting/testing';
import type { AuditResult, ReportAnswer } from '@fairhop/shared/contract';
import type { ReportMessage } from '@fairhop/shared/model';
import { type Clock, createLog, openDatabase } from '@fairhop/shared/service';
import { graph, type Routes } from './network.js';
import { COORDINATOR, coordinator, type Told } from './traffic.js';

/** Accounting's parts over databases of one directory, in virtual time. */
export interface Accounts {
  readonly ledger: Ledger;
  readonly queries: QueryEngine;
  readonly contracts: Contracts;
  readonly invoices: Invoices;
  report(told: Told, messages: readonly ReportMessage[]): Promise<ReportAnswer>;
  /** Drops what was held long enough; returns of how many transfers that was asked. */
  review(): number;
  audit(): AuditResult;
  /** The first of what is invoiced that is not what the plans ask, as accounting checks it itself. */
  checkInvoices(): string | undefined;
  stop(): Promise<void>;
}

/**
 * When a process is killed: before or after all it does, or within: in the transaction that books, that closes a period or that
 * issues, or between one that reads and one that writes.
 */
export type Moment = 'before' | 'booking' | 'reading' | 'closing' | 'issuing' | 'after';

/** Told at each moment as often as it comes. */
type OnMoment = (moment: Moment) => void;

interface AccountsConfig {
  readonly directory: string;
  readonly clock: Clock;
  readonly routes: Routes;
  readonly onMoment: OnMoment;
}

const TRANSFERS_PER_REVIEW = 50;
const DAY_MS = 86_400_000;

async function openAccounts({ directory, clock, routes, onMoment }: AccountsConfig): Promise<Accounts> {
  const file = (name: string): string => join(directory, name);
  const ledger = createLedger({
    ...{ file: file('ledger.db'), clock },
    termsOf: () => {
      onMoment('booking');
      return { holdMs: 7 * DAY_MS, toleranceBytes: 0 };
    },
  });
  await ledger.start();
  const resolver = createPathResolver({
    graph,
    knowledge: {
      ribs: routes.history,
      networks: { declaredOf: () => undefined, changes: () => [], revision: 0 },
      traces: ledger,
      placeOf: () => undefined,
    },
    furtherAsnSources: [],
    onSourceError: (error) => {
      throw error;
    },
  });
  const ingest = createIngest({
    keyOf: async (kid) => (kid === coordinator.key ? coordinator.key : undefined),
    ...{ coordinatorId: COORDINATOR, clock, resolver: () => resolver },
    keepTraces: (batch) => ledger.keepTraces(batch),
    bookChecked: (batch) => {
      const result = ledger.book(batch);
      return { ...result, rejected: [...result.rejected] };
    },
  });
  const queries = createQueryEngine({
    ledger,
    graph: () => ({ ...graph, isComponent: () => false }),
    nowMs: () => clock.nowMs(),
  });
  const networks = openDatabase(file('networks.db'), networksMigrations, { synchronous: 'NORMAL' });
  const settlement = openSettlementDatabase(file('settlement.sqlite'));
  const failed = (error: { readonly err?: unknown }): never => {
    throw error.err ?? error;
  };
  const log = Object.assign(createLog({ name: 'accounting', level: 'silent' }), { error: failed });
  const contracts = createContracts({
    database: settlement,
    objects: createAccountingObjects(networks, clock),
    knows: {
      ...graph,
      isComponent: () => false,
      ownersOf: () => [],
      linksBetween: () => [],
    },
    keptFromMs: () => 0,
    log,
  });
  contracts.start();
  const invoices = createInvoices({
    ...{ database: settlement, ledger, log },
    contracts: {
      ...contracts,
      parties: {
        ...contracts.parties,
        get(party) {
          onMoment('issuing');
          return contracts.parties.get(party);
        },
      },
      noteClosed(id, untilMs) {
        onMoment('closing');
        contracts.noteClosed(id, untilMs);
      },
    },
    read: async (begin) => {
      const result = readHere(ledger.database, begin);
      onMoment('reading');
      return result;
    },
    readLong: async (begin) => readHere(ledger.database, begin),
  });
  return {
    ...{ ledger, queries, contracts, invoices },
    report: ({ reporter, incarnation }, messages) =>
      ingest({ reporter: reporter.key, incarnation, messages: [...messages] }, reporter),
    review() {
      for (let count = 0; ; ) {
        const reviewed = ledger.beliefs.review(clock.nowMs(), TRANSFERS_PER_REVIEW);
        count += reviewed;
        if (reviewed < TRANSFERS_PER_REVIEW) return count;
      }
    },
    audit: () => auditLedger(ledger.database),
    checkInvoices: () => readHere(ledger.database, invoices.check),
    async stop() {
      await ledger.stop();
      settlement.close();
      networks.close();
    },
  };
}

/** Accounts that are closed and opened again, or killed: what goes on is a copy of the files as they lay on the disk. */
export interface RestartingAccounts {
  readonly now: Accounts;
  restart(): Promise<void>;
  /** Kills the process that does the work when a moment comes for the nth time; where it does not, after the work. */
  killWhile(moment: Moment, nth: number, work: (accounts: Accounts) => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

const files = ['ledger.db', 'settlement.sqlite', 'networks.db'];

export async function startAccounts(
  root: string,
  { clock, routes }: { readonly clock: Clock; readonly routes: Routes },
): Promise<RestartingAccounts> {
  let lives = 0;
  let directory = join(root, 'life-0');
  let deadly: { readonly moment: Moment; nth: number } | undefined;
  const copy = (): void => {
    deadly = undefined;
    lives += 1;
    const next = join(root, `life-${lives}`);
    mkdirSync(next);
    // Without the index of the write-ahead log, which is shared memory and dies with the process.
    for (const name of files.flatMap((one) => [one, `${one}-wal`]))
      if (existsSync(join(directory, name))) copyFileSync(join(directory, name), join(next, name));
  };
  const onMoment = (moment: Moment): void => {
    if (moment !== deadly?.moment) return;
    deadly.nth -= 1;
    if (deadly.nth === 0) copy();
  };
  const open = (): Promise<Accounts> => openAccounts({ directory, clock, routes, onMoment });
  mkdirSync(directory, { recursive: true });
  let now = await open();
  return {
    get now() {
      return now;
    },
    async restart() {
      await now.stop();
      now = await open();
    },
    async killWhile(moment, nth, work) {
      const before = lives;
      deadly = { moment, nth };
      if (moment === 'before') copy();
      await work(now);
      if (lives === before) copy();
      await now.stop();
      rmSync(directory, { recursive: true });
      directory = join(root, `life-${lives}`);
      now = await open();
    },
    stop: () => now.stop(),
  };
}
