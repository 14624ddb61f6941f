import { createHttpClient } from '@fairhop/shared/contract';
import {
  addAuditTrailRoute,
  type Clock,
  createHttpService,
  type HttpService,
  type Logger,
  openAuditTrail,
  openDataDirectory,
  readOrCreateSecretFile,
  type Service,
  systemClock,
} from '@fairhop/shared/service';
import { createAccess } from './access.js';
import { type Cleanups, createCleanups } from './cleanups.js';
import type { AccountingConfig } from './config.js';
import { createCoordinatorKeys, type KeyLookup } from './ingest/coordinator-keys.js';
import { createIngest } from './ingest/ingest.js';
import { addReportRoute } from './ingest/report-route.js';
import { createLedger } from './ledger/index.js';
import { addBeliefRoutes, createScheduledReview, createTerms } from './matching/index.js';
import { createAccountingMetrics } from './metrics.js';
import { startKnowledge } from './network-knowledge.js';
import { addNetworkRoutes } from './networks/index.js';
import { addOperatorRoutes } from './operator-routes.js';
import type { LivePaths } from './paths/live-paths.js';
import { createQueryEngine } from './query/index.js';
import { createReader } from './reading/index.js';
import { createScheduledAudit } from './scheduled-audit.js';
import { startAlerts } from './start-alerts.js';
import { startInvoices } from './start-invoices.js';
import { startPolicyFeed } from './start-policy-feed.js';
import { startRetention } from './start-retention.js';
import { startSchedules } from './start-schedules.js';
import { startSettlement } from './start-settlement.js';
import { startSuspects } from './start-suspects.js';
import { startVisibility } from './start-visibility.js';
import type { CheckDraws, QuarantinePlace, Suspects } from './suspects/index.js';

export interface AccountingDependencies {
  readonly log: Logger;
  readonly clock?: Clock;
  /** Uniform in [0, 1): jitter of retries. */
  readonly random?: () => number;
  /** The coordinator's keys when it runs in the same process; else they are fetched from `coordinatorUrl`. */
  readonly keyOf?: KeyLookup;
  /** In place of the coordinator's, when it runs in the same process. */
  readonly quarantine?: QuarantinePlace;
  readonly checkDraws?: CheckDraws;
}

export interface AccountingService extends Service {
  /**
   * Throws `data-directory-locked`, `data-directory-newer` and the like, `as-graph-unreadable`, `as-graph-invalid`,
   * `places-unreadable`, `topology-directory-unreadable`, `port-in-use` and the like.
   */
  start(): Promise<void>;
  /** Base URL, once started. */
  readonly url: string;
  /** What queries take, once started. */
  readonly operatorToken: string;
  /** Loads the AS graph file now instead of at the next look at it. Throws as `start`; the graph before stays then. */
  reloadAsGraph(): Promise<void>;
  /** Looks for suspects in all that is booked by now, instead of at the next time. */
  reviewSuspects(): Promise<void>;
}

/** Version of the data directory's layout. */
const FORMAT_VERSION = 1;
/** Beside reports, which have their own bound, bodies are queries and budgets. */
const BODY_LIMIT_BYTES = 64 * 1024;
/** An audit of 100 million events takes about five minutes. */
const AUDIT_TIMEOUT_MS = 10 * 60_000;
/** A question about every event there is takes half a second per ten million. */
const QUERY_TIMEOUT_MS = 30_000;
/** Each waits for its turn, with its connection open. */
const MAX_WAITING_QUERIES = 32;

interface Running {
  readonly http: HttpService;
  readonly paths: LivePaths;
  readonly suspects: Suspects;
  readonly operatorToken: string;
}

/** The accounting service: books what agents and edges report, answers queries, tells budgets' steps. */
export function createAccountingService(
  config: AccountingConfig,
  { log, clock = systemClock, random = Math.random, ...others }: AccountingDependencies,
): AccountingService {
  const cleanups = createCleanups();
  let running: Running | undefined;
  const whileRunning = (): Running => {
    if (running === undefined) throw new Error('the accounting service is not started');
    return running;
  };
  return {
    async start() {
      try {
        running = await assemble(config, { log, clock, random, ...others }, cleanups);
      } catch (error) {
        // What stopped the start is what counts.
        await cleanups.run().catch(() => undefined);
        throw error;
      }
    },
    async stop() {
      running = undefined;
      await cleanups.run();
    },
    get url() {
      return whileRunning().http.url;
    },
    get operatorToken() {
      return whileRunning().operatorToken;
    },
    reloadAsGraph: () => whileRunning().paths.reload(),
    reviewSuspects: () => whileRunning().suspects.review(),
  };
}

type Dependencies = AccountingDependencies &
  Required<Pick<AccountingDependencies, 'log' | 'clock' | 'random'>>;

async function assemble(
  config: AccountingConfig,
  dependencies: Dependencies,
  cleanups: Cleanups,
): Promise<Running> {
  const { log, clock } = dependencies;
  const options = { name: 'accounting', formatVersion: FORMAT_VERSION, log };
  const directory = await openDataDirectory(config.dataDirectory, options);
  cleanups.add(() => directory.close());
  const operatorToken =
    config.operatorToken ?? (await readOrCreateSecretFile(directory.file('operator.token')));
  const pseudonymSecret = await readOrCreateSecretFile(directory.file('pseudonyms.secret'));
  const trail = openAuditTrail(directory.file('audit-trail.db'), clock);
  cleanups.add(() => trail.close());
  const { host, port } = config;
  const http = createHttpService({
    name: 'accounting',
    host,
    port,
    log,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    operatorToken,
    ...(config.tls && { tls: config.tls }),
    rateLimit: { max: config.requestsPerMinute, timeWindowMs: 60_000 },
    recordWrite: trail.record,
  });
  const metrics = createAccountingMetrics(http.registry);

  const ledger = createLedger({
    file: directory.file('ledger.db'),
    clock,
    termsOf: createTerms(config.contracts),
  });
  await ledger.start();
  cleanups.add(() => ledger.stop());
  const { paths, networks, onGraphChanged } = await startKnowledge(config, {
    ...{ log, clock, metrics, ledger, cleanups },
    networksFile: directory.file('networks.db'),
  });

  const keyOf = dependencies.keyOf ?? openCoordinatorKeys(config.coordinatorUrl, clock, cleanups);
  const book = createIngest({
    keyOf,
    coordinatorId: config.coordinatorId,
    clock,
    resolver: paths.resolver,
    keepTraces: (batch) => ledger.keepTraces(batch),
    bookChecked: (batch) => {
      const result = ledger.book(batch);
      metrics.booked(batch, result);
      return { ...result, rejected: [...result.rejected] };
    },
  });
  const queries = createQueryEngine({
    ledger,
    graph: () => ({
      ...paths.graph(),
      isComponent: (id) => networks.components.history(id).length > 0,
    }),
    nowMs: () => clock.nowMs(),
  });
  // One thread for questions and one for audits, which take long and must not hold up questions.
  const file = ledger.database.name;
  const questions = createReader({ file, timeoutMs: QUERY_TIMEOUT_MS, maximumWaiting: MAX_WAITING_QUERIES });
  const auditor = createReader({ file, timeoutMs: AUDIT_TIMEOUT_MS, maximumWaiting: 1 });
  const audits = createScheduledAudit(config.auditIntervalMs, {
    audit: () => auditor.run(invoices.audit),
    log,
    onResult: metrics.audited,
  });
  http.routes((app) => addReportRoute(app, config, { keyOf, clock, book }));
  const access = createAccess({ operatorToken, coordinatorUrl: config.coordinatorUrl }, { clock });
  cleanups.add(() => access.stop());
  http.routes((app) => addOperatorRoutes(app, { auth: access.auth, ledger, audit: audits.run }));
  http.routes((app) => addAuditTrailRoute(app, { auth: access.auth, trail }));
  http.routes((app) =>
    addNetworkRoutes(app, {
      networks,
      clock,
      auth: access.auth,
      graph: paths.graph,
      read: questions.run,
      explain: (source, destination, timeMs) => paths.resolver().explain(source, destination, timeMs),
      tracesAfter: ledger.tracesAfter,
      conflicts: ledger.pathConflicts,
    }),
  );
  http.routes((app) =>
    addBeliefRoutes(app, {
      ...{ auth: access.auth, clock, beliefs: ledger.beliefs, contradictions: ledger.contradictions },
    }),
  );
  const suspects = startSuspects(config, {
    ...dependencies,
    ...{ ledger, http, auth: access.auth, cleanups, file: (name) => directory.file(name) },
  });
  const alerts = startAlerts(config, {
    ...{ ...dependencies, ledger, queries, questions, http, auth: access.auth, cleanups },
    file: (name) => directory.file(name),
  });
  const settlement = startSettlement({
    ...{
      log,
      clock,
      http,
      auth: access.auth,
      cleanups,
      ledger,
      knowledge: { paths, networks },
      onGraphChanged,
    },
    file: (name) => directory.file(name),
  });
  const { contracts } = settlement;
  const invoices = startInvoices({
    ...{ ...settlement, log, clock, http, auth: access.auth, cleanups, ledger },
  });
  const askFor = startVisibility({
    ...{ http, auth: access.auth, ledger, queries, questions, contracts },
    ...{ knowledge: { paths, networks }, pseudonymSecret },
  });
  const runSchedules = startSchedules({
    ...{ log, clock, http, auth: access.auth, cleanups, database: settlement.database },
    ...{ invoices: invoices.invoices, ask: askFor, tell: alerts.tell },
  });
  http.addReadinessCheck('ledger', async () => {
    ledger.database.prepare('SELECT 1').get();
  });
  cleanups.add(() => http.stop());
  // Before the requests end that wait for them: the newest cleanup is the first.
  cleanups.add(() => Promise.all([auditor.stop(), questions.stop()]));
  await http.start();
  audits.start();
  cleanups.add(() => audits.stop());
  const review = createScheduledReview(config.claimCheckIntervalMs, {
    ...{ review: ledger.beliefs.review, clock, log },
  });
  review.start();
  cleanups.add(() => review.stop());
  suspects.start();
  startPolicyFeed(config, {
    ...{ log, clock, cleanups, knowledge: { paths, networks } },
    ask: (query) => questions.run(() => queries.answer(query)),
  });
  invoices.start();
  startRetention(config, { ...{ log, clock, ledger, cleanups }, invoices: invoices.invoices });
  runSchedules();
  return { http, paths, suspects, operatorToken };
}

function openCoordinatorKeys(coordinatorUrl: string, clock: Clock, cleanups: Cleanups): KeyLookup {
  const client = createHttpClient();
  const stopping = new AbortController();
  cleanups.add(() => {
    stopping.abort();
    return client.close();
  });
  return createCoordinatorKeys(coordinatorUrl, { http: client, clock, signal: stopping.signal });
}
