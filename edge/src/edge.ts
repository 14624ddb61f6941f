import { coordinatorEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import { type Identity, loadOrCreateIdentity } from '@fairhop/shared/crypto';
import { type ContentId, FairhopError, type PublicKey } from '@fairhop/shared/model';
import {
  type Clock,
  composeServices,
  createHttpService,
  createLog,
  type DataDirectory,
  type HttpService,
  type Logger,
  openDataDirectory,
  type Service,
  systemClock,
} from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { createRangeDigests } from './audit/range-digests.js';
import { addAuditRoutes } from './audit/routes.js';
import { createAuditTokens } from './audit/token.js';
import { createCache } from './cache/cache.js';
import type { WriteFile } from './cache/piece-files.js';
import type { EdgeConfig } from './config.js';
import type { ContentSource } from './content-source.js';
import { createContents } from './control/contents.js';
import { createCoordinatorLink } from './control/coordinator-link.js';
import { createCoordinatorState } from './control/coordinator-state.js';
import { createFacts, openEdgeDatabase } from './edge-database.js';
import { createBudgetRefusals } from './limits/budget-refusals.js';
import { createTransferLimits } from './limits/transfer-limits.js';
import { createEdgeMetrics } from './metrics.js';
import { openOrigin } from './origin/open-origin.js';
import { createPathEvidence } from './path/path-evidence.js';
import { meterFills } from './report/meter-fills.js';
import { createOutbox } from './report/outbox.js';
import { createReports } from './report/reports.js';
import { createRunningResponses } from './seed/responses.js';
import { addSeedRoutes } from './seed/routes.js';
import { createShaper } from './seed/shaper.js';
import { createUrlTokens } from './seed/url-token.js';

const FORMAT_VERSION = 1;
/** Only audits take a body, with a bound of their own. */
const bodyLimitBytes = 1024;
/** Responses under way get this long at a stop. */
const stopGraceMs = 1_000;

export interface EdgeDependencies {
  log?: Logger;
  clock?: Clock;
  /** How pieces get to disk. */
  writeFile?: WriteFile;
  /** Asked for a join token when the edge has to register and its configuration has none. */
  makeJoinToken?(): Promise<string | undefined>;
}

export interface Edge extends Service {
  /** Once started: where it listens. */
  readonly url: string;
  readonly id: string;
  /** Once started. */
  readonly key: PublicKey;
}

/**
 * A CDN edge: fills from owners' origins, caches verified pieces within a budget, serves ranges to whoever has a token of
 * the coordinator's, and reports what it moved.
 */
export function createEdge(config: EdgeConfig, dependencies: EdgeDependencies = {}): Edge {
  const log = dependencies.log ?? createLog({ name: 'edge', level: config.logLevel });
  let running: RunningEdge | undefined;
  const current = (): RunningEdge => {
    if (running === undefined) throw new Error(`edge ${config.id} is not started`);
    return running;
  };
  return {
    id: config.id,
    get url() {
      return current().http.url;
    },
    get key() {
      return current().identity.key;
    },
    start: async () => {
      const directory = await openDataDirectory(config.dataDirectory, {
        name: 'edge',
        formatVersion: FORMAT_VERSION,
        log,
      });
      let database: Database | undefined;
      try {
        const identity = await loadOrCreateIdentity(directory.file('identity.pem'));
        database = openEdgeDatabase(directory.file('edge.db'));
        const assembled = assemble(config, { ...dependencies, log }, { directory, database, identity });
        await assembled.start();
        running = assembled;
      } catch (error) {
        database?.close();
        directory.close();
        throw error;
      }
    },
    stop: async () => {
      const stopping = running;
      running = undefined;
      await stopping?.stop();
    },
  };
}

interface RunningEdge extends Service {
  readonly http: HttpService;
  readonly identity: Identity;
}

interface Opened {
  readonly directory: DataDirectory;
  readonly database: Database;
  readonly identity: Identity;
}

function assemble(
  config: EdgeConfig,
  { log, clock = systemClock, writeFile, makeJoinToken }: EdgeDependencies & { log: Logger },
  { directory, database, identity }: Opened,
): RunningEdge {
  const client = createHttpClient();
  const coordinator = createClient(coordinatorEndpoints, {
    http: client,
    baseUrl: config.coordinatorUrl,
    token: () => state.known?.access?.accessToken,
  });
  const state = createCoordinatorState(database, config.coordinatorUrl);
  const responses = createRunningResponses(config.maxResponses, config.maxResponsesPerAddress);
  const { rateBitsPerSecond } = config;
  const limits = createTransferLimits({
    ...monotonicTimer,
    cap: rateBitsPerSecond === undefined ? undefined : createShaper(rateBitsPerSecond, monotonicTimer),
    onNews: () => link.beatSoon(),
  });
  const refusals = createBudgetRefusals({
    nowMs: monotonicTimer.nowMs,
    onNews: () => link.beatSoon(),
    endResponses: responses.endTransfers,
  });
  const link = createCoordinatorLink(config, {
    limits,
    refusals,
    ...(makeJoinToken !== undefined && { makeJoinToken }),
    client: coordinator,
    state,
    identity,
    clock,
    log,
    onChange: (contentId, change) => {
      if (change === 'published') contents.refresh(contentId);
      else withdraw(contentId);
    },
  });
  const outbox = createOutbox(database, link.clock.nowMs());
  const reports = createReports(
    { maxPartMs: config.maxPartMs },
    {
      outbox,
      identity,
      http: client,
      clock: link.clock,
      log,
      destination: () => reportDestination(config, state.known),
    },
  );
  const pathEvidence = createPathEvidence(config, {
    outbox,
    facts: createFacts(database),
    clock: link.clock,
    log,
  });
  const http = createHttpService({
    name: 'edge',
    host: config.host,
    port: config.port,
    log,
    bodyLimitBytes,
    stopGraceMs,
    ...(config.tls && { tls: config.tls }),
    rateLimit: { max: config.requestsPerMinute, timeWindowMs: 60_000 },
  });
  const metrics = createEdgeMetrics(http.registry, {
    runningResponses: () => responses.count,
    runningFills: () => cache.runningFills,
    cacheBytes: () => cache.usedBytes,
    outbox: () => outbox.count(),
  });
  const cache = createCache(
    { directory: directory.path, cacheBytes: config.cacheBytes },
    {
      log,
      openOrigin: ({ manifest, origin }) => openOrigin(origin, manifest.sizeBytes, config),
      meterFill: meterFills(identity.key, link.clock, reports, metrics),
      countPiece: metrics.countPiece,
      ...(writeFile && { writeFile }),
    },
  );
  const contents = createContents({ client: coordinator, sources: cache.sources, isCached: cache.has, log });

  const withdraw = (contentId: ContentId): void => {
    contents.forget(contentId);
    responses.end(withdrawn(contentId), contentId);
    cache
      .remove(contentId)
      .catch((error: unknown) =>
        log.error({ err: error, content: contentId }, 'a withdrawn content stays on disk'),
      );
  };
  const sourceOf = async (contentId: ContentId): Promise<ContentSource> => {
    if (state.isWithdrawn(contentId)) throw withdrawn(contentId);
    const source = await contents.get(contentId);
    if (state.isWithdrawn(contentId)) throw withdrawn(contentId);
    return source;
  };

  http.addReadinessCheck('coordinator', async () => link.checkReady());
  const believed = {
    edge: config.id,
    keyOf: link.keyOf,
    issuer: () => link.coordinatorId,
    clock: link.clock,
  };
  http.routes((app) =>
    addAuditRoutes(app, {
      tokens: createAuditTokens(believed),
      digests: createRangeDigests({ cache, sourceOf }),
    }),
  );
  http.routes((app) =>
    addSeedRoutes(app, {
      cache,
      tokens: createUrlTokens(believed),
      running: responses,
      limits,
      refusals,
      clock: link.clock,
      log,
      edgeKey: identity.key,
      writeTimeoutMs: config.writeTimeoutMs,
      sourceOf,
      report: (facts, bytes, sinceMs, nowMs) => {
        metrics.countBytes('edge-to-client', bytes);
        limits.count(facts.transferId, bytes);
        reports.count(facts, bytes, sinceMs, nowMs);
        pathEvidence.count(facts, bytes);
      },
    }),
  );

  const storage: Service = {
    start: async () => undefined,
    stop: async () => {
      await client.close();
      database.close();
      directory.close();
    },
  };
  const registration: Service = {
    start: () => link.start(config.publicUrl ?? http.url),
    stop: () => link.stop(),
  };
  const reporting: Service = { start: async () => reports.start(), stop: () => reports.stop() };
  const tracing: Service = { start: async () => undefined, stop: () => pathEvidence.stop() };
  const services = composeServices([storage, reporting, tracing, cache, http, registration]);
  return { http, identity, start: services.start, stop: services.stop };
}

const withdrawn = (contentId: ContentId): FairhopError =>
  new FairhopError('title-withdrawn', `content ${contentId} is withdrawn by its owner`, { status: 410 });

function reportDestination(
  config: EdgeConfig,
  known: ReturnType<typeof createCoordinatorState>['known'],
): { url: string; accessToken: string } | undefined {
  const url = config.accountingUrl ?? known?.accountingUrl;
  const accessToken = known?.access?.accessToken;
  return url === undefined || accessToken === undefined ? undefined : { url, accessToken };
}

const monotonicTimer = {
  nowMs: () => performance.now(),
  schedule: (delayMs: number, callback: () => void) => {
    if (delayMs === 0) {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
