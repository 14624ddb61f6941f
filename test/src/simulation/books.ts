import { createLedger, type Ledger } from '@fairhop/accounting/ledger';
import { createQueryEngine } from '@fairhop/accounting/query';
import {
  auditLedger,
  createIngest,
  createPathResolver,
  createSuspects,
  type QuarantinePlace,
  suspectsSchema,
} from '@fairhop/accounting/testing';
import { querySchema, type ReportAnswer, type Suspect } from '@fairhop/shared/contract';
import type { AgentKey, PublicKey, ReportMessage, TransferId } from '@fairhop/shared/model';
import type { AsGraph } from '@fairhop/shared/net';
import { type Clock, createLog } from '@fairhop/shared/service';
import { COORDINATOR } from './order-desk.js';

/** Accounting as it checks, books and believes, in virtual time. */
export interface Books {
  readonly ledger: Ledger;
  report(
    reporter: { readonly key: PublicKey; readonly role: 'agent' | 'edge' },
    incarnation: string,
    messages: readonly ReportMessage[],
  ): Promise<ReportAnswer>;
  /** Drops what was held long enough, and looks at all that is booked by now for suspects, who come into quarantine. */
  review(): Promise<void>;
  suspects(): Suspect[];
  /** With how many in good standing an agent differed at the last look, before it was found. */
  independentOf(agent: AgentKey): number;
  /** What invoices count, by the query engine. */
  billableBytes(): number;
  /** Throws with the first record that breaks the ledger's sums. */
  audit(): void;
  stop(): Promise<void>;
}

const TRANSFERS_PER_REVIEW = 1_000;
const MAX_SUSPECTS = 1_000;

export async function createBooks(
  graph: AsGraph,
  {
    clock,
    coordinatorKey,
    place,
    checkDraws,
  }: {
    readonly clock: Clock;
    readonly coordinatorKey: PublicKey;
    readonly place: QuarantinePlace;
    readonly checkDraws: (transferIds: readonly TransferId[]) => Promise<readonly TransferId[]>;
  },
): Promise<Books> {
  const ledger = createLedger({ file: ':memory:', clock });
  await ledger.start();
  const resolver = createPathResolver({
    graph,
    knowledge: {
      ribs: { at: () => NO_ROUTES, changes: () => [], revision: 0 },
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
    keyOf: async (kid) => (kid === coordinatorKey ? coordinatorKey : undefined),
    coordinatorId: COORDINATOR,
    clock,
    resolver: () => resolver,
    keepTraces: (batch) => ledger.keepTraces(batch),
    bookChecked: (batch) => {
      const result = ledger.book(batch);
      return { ...result, rejected: [...result.rejected] };
    },
  });
  const noted = (): void => undefined;
  const suspects = createSuspects(':memory:', suspectsSchema.parse({}), {
    database: ledger.database,
    contradictions: ledger.contradictions,
    setQuarantined: ledger.beliefs.setQuarantined,
    place,
    checkDraws,
    clock,
    log: createLog({ name: 'accounting', level: 'error' }),
    ...{ onFound: noted, onQuarantined: noted, onReleased: noted },
  });
  const queries = createQueryEngine({ ledger, graph: () => ({ ...graph, isComponent: () => false }) });
  return {
    ledger,
    report: (reporter, incarnation, messages) =>
      ingest({ reporter: reporter.key, incarnation, messages: [...messages] }, reporter),
    async review() {
      await suspects.review();
      while (ledger.beliefs.review(clock.nowMs(), TRANSFERS_PER_REVIEW) >= TRANSFERS_PER_REVIEW);
    },
    suspects: () => suspects.list(MAX_SUSPECTS),
    independentOf: (agent) => suspects.independent.get(agent) ?? 0,
    billableBytes: () =>
      queries.ask(querySchema.parse({ measure: 'bytes', belief: 'billable', kind: 'client-to-client' }))
        .value,
    audit() {
      const { firstBreak } = auditLedger(ledger.database);
      if (firstBreak !== null) throw new Error(`the ledger does not add up: ${firstBreak}`);
    },
    async stop() {
      await suspects.stop();
      await ledger.stop();
    },
  };
}

const NO_ROUTES = { originOf: () => undefined, originsOf: () => undefined, route: () => undefined };
