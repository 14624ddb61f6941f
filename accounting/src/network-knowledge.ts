import { FairhopError } from '@fairhop/shared/model';
import {
  type Clock,
  createRibFollower,
  type Logger,
  type RibFollower,
  withTimeout,
} from '@fairhop/shared/service';
import type { Cleanups } from './cleanups.js';
import type { AccountingConfig } from './config.js';
import type { Ledger } from './ledger/index.js';
import type { AccountingMetrics } from './metrics.js';
import { createNetworks, type Networks } from './networks/index.js';
import { createLivePaths, type LivePaths } from './paths/live-paths.js';
import { createPlaces } from './paths/places/index.js';

interface KnowledgeDependencies {
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: AccountingMetrics;
  /** Traces are booked there. */
  readonly ledger: Ledger;
  /** For what ISPs and the operator declare. */
  readonly networksFile: string;
  readonly cleanups: Cleanups;
}

export interface NetworkKnowledge {
  readonly paths: LivePaths;
  readonly networks: Networks;
}

interface FollowedKnowledge extends NetworkKnowledge {
  /** Told after each change of the AS graph from now on. */
  readonly onGraphChanged: (listen: () => void) => void;
}

/** Several times what a dozen full tables take. Reports wait that long without a loss; what is booked without routes stays so. */
const ROUTES_WAIT_MS = 600_000;

/**
 * Starts all that paths are told from: the AS graph, RIB dumps, what ISPs declare, booked traces, places. Throws
 * `as-graph-unreadable`, `as-graph-invalid`, `places-unreadable`, `topology-directory-unreadable`; RIB dumps may come later.
 */
export async function startKnowledge(
  config: AccountingConfig,
  { log, clock, metrics, ledger, networksFile, cleanups }: KnowledgeDependencies,
): Promise<FollowedKnowledge> {
  const listeners: (() => void)[] = [];
  const places = createPlaces({ file: config.placesFile });
  await places.load();
  const ribs = createRibFollower(
    {
      sources: config.ribSources,
      checkIntervalMs: config.ribCheckIntervalMs,
      snapshotsPerRouter: config.ribSnapshots,
    },
    {
      onChange: ({ revision }) => {
        metrics.ribsChanged('loaded');
        log.info({ revision }, 'routes are others from now on');
        networks.routesChanged();
      },
      onRefused: (error) => {
        metrics.ribsChanged('refused');
        log.error({ err: error }, 'a RIB dump is not right; what was before stays in use');
      },
      allowPrivate: (asn) => paths.graph().autonomousSystem(asn) !== undefined,
      now: () => clock.nowMs(),
    },
  );
  const { history } = ribs;
  const networks: Networks = createNetworks(
    {
      file: networksFile,
      topologyDirectory: config.topologyDirectory,
      checkIntervalMs: config.topologyCheckIntervalMs,
    },
    {
      log,
      clock,
      knowledge: {
        graph: () => paths.graph(),
        originOf: (address) => history.at(clock.nowMs()).originOf(address),
        neighboursInBgp: (asn) => history.at(clock.nowMs()).neighboursOf(asn),
      },
    },
  );
  const paths: LivePaths = createLivePaths(
    { ...config, checkIntervalMs: config.asGraphCheckIntervalMs },
    {
      log,
      knowledge: {
        ribs: history,
        networks: {
          declaredOf: (asn, timeMs) => networks.topologies.declaredOf(asn, timeMs),
          changes: (fromMs, toMs) => networks.topologies.changes(fromMs, toMs),
          get revision() {
            return networks.topologies.revision;
          },
        },
        traces: ledger,
        placeOf: places.placeOf,
      },
      onLoad: (outcome) => {
        metrics.graphLoaded(outcome);
        if (outcome !== 'loaded') return;
        networks.graphChanged();
        for (const listen of listeners) listen();
      },
    },
  );
  cleanups.add(() => networks.stop());
  cleanups.add(() => paths.stop());
  cleanups.add(() => ribs.stop());
  await paths.start();
  await readRoutes(ribs, log);
  await networks.start();
  return { paths, networks, onGraphChanged: (listen) => listeners.push(listen) };
}

/** Declarations and paths rest on routes, so these are first. */
async function readRoutes(ribs: RibFollower, log: Logger): Promise<void> {
  try {
    await withTimeout(ribs.start(), ROUTES_WAIT_MS, 'ribs-slow');
  } catch (error) {
    if (!(error instanceof FairhopError && error.code === 'ribs-slow')) throw error;
    log.warn({ err: error }, 'RIB dumps are not all read yet; what is booked until they are has other paths');
  }
}
