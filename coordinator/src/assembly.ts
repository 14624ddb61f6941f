import { coordinatorEndpoints, coordinatorTrustEndpoints } from '@fairhop/shared/contract';
import { publicKeySet } from '@fairhop/shared/crypto';
import {
  type AuditTrail,
  addAuditTrailRoute,
  type Clock,
  createAuthenticator,
  type HttpService,
  type Logger,
  route,
} from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { addAccessRoutes, createPrincipalLookup } from './access.js';
import { createAccounts } from './accounts/index.js';
import { addAltoRoutes, createAltoMaps, createAltoRefresh, createAltoStore } from './alto/index.js';
import { createAuditDesk, createAuditLog, createEdgeDigests } from './audit/index.js';
import { addBudgetActionRoutes, countBudgetLimits, createBudgetActions } from './budget-actions/index.js';
import { addCatalogueRoutes, createCatalogue, createOwners } from './catalog/index.js';
import type { CoordinatorConfig } from './config.js';
import { createDrawLog } from './draw-log.js';
import { addEdgeRoutes, createEdgeRegistry, createJoinTokens } from './edges/index.js';
import { createIssueLog } from './grant/index.js';
import { addLandingRoutes } from './landing/index.js';
import { addGauges, countAudits } from './metrics.js';
import { createNetworkLookup } from './network-lookup.js';
import type { NetworkMap } from './network-map.js';
import {
  addPermissionRoutes,
  createAgreements,
  createIspNetworks,
  createPermission,
  createPermitKeys,
  requireIsp,
} from './permission/index.js';
import { addPolicyRoutes, createPolicies } from './policy/index.js';
import { addQuarantineRoutes, createQuarantineBook } from './quarantine/index.js';
import {
  createBadDataBook,
  createSessionMetrics,
  createSessionServer,
  sessionServerDefaults,
} from './session/index.js';
import type { SigningKeys } from './signing-keys.js';
import { addSigningKeyRoute } from './signing-keys-route.js';
import { createUplinkStore } from './uplink-store.js';

export interface AssemblyDependencies {
  readonly database: Database;
  readonly http: HttpService;
  readonly networks: NetworkMap;
  readonly signingKeys: SigningKeys;
  readonly operatorToken: string;
  readonly trail: AuditTrail;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

export interface Assembly {
  /** Lets agents open sessions. Before the HTTP service starts. */
  start(): Promise<void>;
  /** Ends the sessions. Before the HTTP service stops. */
  stop(): Promise<void>;
  /** Writes what waits and ends what runs in the background. After the HTTP service stopped. */
  close(): void;
}

/** Puts the parts together and their endpoints on the HTTP service, which is not started yet. */
export function assemble(config: CoordinatorConfig, dependencies: AssemblyDependencies): Assembly {
  const { database, http, networks, signingKeys, operatorToken, trail, clock, random, log } = dependencies;
  const { identity } = signingKeys;
  const coordinator = config.id;
  const ended = new AbortController();
  const networkLookup = createNetworkLookup(config, {
    graph: networks.graph,
    routes: networks.routes,
    log,
    signal: ended.signal,
  });
  const networkOf = networkLookup.of;
  const publicUrl = (): string => (config.publicUrl ?? http.url).replace(/\/+$/, '');

  const catalogue = createCatalogue(database, clock);
  const owners = createOwners(database);
  const accounts = createAccounts(database, {
    clock,
    oidc: { provider: config.oidc, publicUrl, pages: config.allowedOrigins },
    requireOrganisation({ kind, id }) {
      if (kind === 'owner') owners.require(id);
      else if (kind === 'isp') requireIsp(networks.graph(), id);
    },
  });
  const uplinks = createUplinkStore(database, clock.nowMs());
  const permission = createPermission({
    coordinator,
    agreements: createAgreements(database),
    permitKeys: createPermitKeys(database),
    networks: createIspNetworks(networks.graph),
    usage: uplinks,
    clock,
  });
  const joinTokens = createJoinTokens(database, clock);
  const edges = createEdgeRegistry(database, { clock, paths: networks.paths, networkOf });
  const policies = createPolicies(database, {
    ...{ clock, log, networkOf, paths: networks.paths, graph: networks.graph, registry: http.registry },
    categoryOf: (titleId) => catalogue.title(titleId)?.category,
  });
  const draws = createDrawLog(database, log);
  const budgets = createBudgetActions(database, {
    ...{ clock, draws },
    onLimited: countBudgetLimits(http.registry),
  });
  const issued = createIssueLog(database, clock);
  const quarantine = createQuarantineBook(database, clock);
  const audits = createAuditDesk(config.audits, {
    ...{ log, clock, random },
    outcomes: createAuditLog(database, log),
    digests: createEdgeDigests({ coordinator, identity, clock, log }),
    quarantine: quarantine.put,
    onOutcome: countAudits(http.registry),
  });
  const altoMaps = createAltoMaps(createAltoStore(database), { clock, log });
  const altoRefresh = createAltoRefresh(config, { maps: altoMaps, clock, log });
  const auth = createAuthenticator({
    verify: createPrincipalLookup({
      ...{ operatorToken, accounts, coordinator, clock },
      publishedKeys: signingKeys.published,
    }),
  });
  const operator = { onRequest: auth.requirePrincipal(['operator']) };
  const sessions = createSessionServer(
    {
      ...sessionServerDefaults,
      coordinatorId: coordinator,
      accountingUrl: config.accountingUrl ?? null,
      allowedOrigins: config.allowedOrigins,
    },
    {
      clock,
      log,
      identity,
      signingKeys,
      catalogue,
      permission,
      edges,
      draws,
      uplinks,
      issued,
      quarantine,
      badData: createBadDataBook(database, { clock, log, quarantine }),
      budgets,
      audits,
      networkOf,
      paths: networks.paths,
      alto: altoMaps,
      onNetworksChange: networks.onChange,
      metrics: createSessionMetrics(http.registry),
      policies,
    },
  );
  sessions.attach(http.server);

  http.routes((app) => {
    addAccessRoutes(app, { auth, users: accounts.users });
    accounts.addRoutes(app, auth);
    addAuditTrailRoute(app, { auth, trail });
    addCatalogueRoutes(app, { catalogue, owners, auth });
    addPermissionRoutes(app, { graph: networks.graph, permission, auth });
    addAltoRoutes(app, { graph: networks.graph, maps: altoMaps, refresh: altoRefresh, auth });
    addEdgeRoutes(app, {
      coordinator,
      accountingUrl: config.accountingUrl,
      identity,
      edges,
      policies,
      budgets,
      joinTokens,
      catalogue,
      auth,
      clock,
    });
    addPolicyRoutes(app, { policies, auth });
    addQuarantineRoutes(app, { book: quarantine, auth, log });
    addBudgetActionRoutes(app, { budgets, auth, log });
    addLandingRoutes(app, {
      ...{ coordinator, identity, catalogue, edges, budgets, policies, clock, networkOf, publicUrl },
    });
    route(app, coordinatorEndpoints.info, {}, () => ({
      id: coordinator,
      publicKey: identity.key,
      timeMs: clock.nowMs(),
      ...(config.accountingUrl !== undefined && { accountingUrl: config.accountingUrl }),
    }));
    route(app, coordinatorEndpoints.jwks, {}, () =>
      publicKeySet(signingKeys.published().map((key) => ({ kid: key, key }))),
    );
    addSigningKeyRoute(app, { signingKeys, auth, log });
    route(app, coordinatorEndpoints.status, operator, () => {
      const { swarms, ...status } = sessions.status();
      return { ...status, swarms: [...swarms] };
    });
    route(app, coordinatorEndpoints.listDraws, operator, ({ query }) => ({ draws: draws.latest(query) }));
    route(app, coordinatorTrustEndpoints.listAudits, operator, ({ query }) => ({
      audits: audits.latest(query),
    }));
    route(app, coordinatorTrustEndpoints.checkDraws, operator, ({ body }) => ({
      unknown: issued.unknown(body.transferIds),
    }));
  });
  http.addReadinessCheck('database', async () => {
    database.prepare('SELECT 1').get();
  });
  addGauges(http.registry, {
    fairhop_titles_published: { help: 'Titles that are published', read: catalogue.publishedTitles },
    fairhop_edges_alive: { help: 'Edges that beat within the last 10 seconds', read: edges.aliveCount },
    fairhop_sessions: { help: 'Agents that are connected', read: () => sessions.status().sessions },
    fairhop_quarantined_agents: { help: 'Agents in quarantine', read: () => quarantine.size },
    fairhop_grants_running: { help: 'Transfers that are granted', read: () => sessions.status().grants },
  });

  return {
    async start() {
      // In the background: addresses within the operator's prefixes do not need it.
      networkLookup.load().catch((error: unknown) => {
        log.error(
          { err: error },
          'the bundled dataset of AS numbers cannot be read; addresses outside the AS graph are unknown',
        );
      });
      await altoRefresh.start();
      await sessions.start();
      audits.start();
    },
    async stop() {
      await sessions.stop();
      policies.stop();
      await audits.stop();
      await altoRefresh.stop();
    },
    close() {
      ended.abort();
      draws.stop();
      issued.stop();
    },
  };
}
