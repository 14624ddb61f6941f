import { randomInt } from 'node:crypto';
import { createAsGraph, readAsRelationships } from '@fairhop/shared/net';

import {
  type Clock,
  createAsGraphFollower,
  createHttpService,
  createLog,
  type HttpService,
  type Logger,
  openAuditTrail,
  openDataDirectory,
  readOrCreateSecretFile,
  type Service,
  systemClock,
} from '@fairhop/shared/service';
import { assemble } from './assembly.js';
import type { CoordinatorConfig } from './config.js';
import { openCoordinatorDatabase } from './database.js';
import { followRoutes } from './follow-routes.js';
import { createNetworkMap } from './network-map.js';
import { openSigningKeys } from './signing-keys.js';

export interface CoordinatorDependencies {
  readonly log?: Logger;
  readonly clock?: Clock;
  /** Uniform in [0, 1): what is audited, and where. Nobody may foresee it, so that by default it is the system's. */
  readonly random?: () => number;
}

export interface Coordinator extends Service {
  /**
   * Throws what `readAsRelationships`, `openSigningKeys`, `openDataDirectory`, `openDatabase`, `AsGraphFollower.start` and `HttpService.start` throw; then nothing is left
   * open.
   */
  start(): Promise<void>;
  /** Base URL, once started. */
  readonly url: string;
  readonly operatorToken: string;
}

const FORMAT_VERSION = 1;
const BODY_LIMIT_BYTES = 256 * 1024;
/** Without a file nothing is known: nobody may upload. */
const NO_NETWORKS = { version: 1, ases: [], isps: [], prefixes: [], links: [] };
const unforeseeable = (): number => randomInt(2 ** 32) / 2 ** 32;

/** Catalogue, permission, edges, landing and sessions as one service on one port and one data directory. */
export function createCoordinator(
  config: CoordinatorConfig,
  dependencies: CoordinatorDependencies = {},
): Coordinator {
  const log = dependencies.log ?? createLog({ name: 'coordinator', level: config.logLevel });
  const clock = dependencies.clock ?? systemClock;
  let running: { http: HttpService; operatorToken: string } | undefined;
  /** What `stop` undoes, last first. */
  let undo: (() => void | Promise<void>)[] = [];

  const stop = async (): Promise<void> => {
    const steps = undo.reverse();
    undo = [];
    running = undefined;
    const failures: unknown[] = [];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };

  const start = async (): Promise<void> => {
    const { asRelationshipsFile } = config;
    const relationships =
      asRelationshipsFile === undefined ? [] : await readAsRelationships(asRelationshipsFile);
    const networks = createNetworkMap(createAsGraph(NO_NETWORKS), relationships);
    if (config.asGraphFile !== undefined) {
      const follower = createAsGraphFollower(
        { path: config.asGraphFile, checkIntervalMs: config.asGraphCheckIntervalMs },
        {
          onGraph(graph) {
            networks.replace(graph);
            log.info({ ases: graph.ases.length, links: graph.links.length }, 'AS graph loaded');
          },
          onRefused: (error) =>
            log.error({ err: error }, 'the AS graph file is not right; the graph before it stays in use'),
        },
      );
      undo.push(() => follower.stop());
      await follower.start();
    }
    if (config.ribSources.length > 0) {
      const follower = followRoutes(config, { networks, clock, log });
      undo.push(() => follower.stop());
      await follower.start();
    }
    const directory = await openDataDirectory(config.dataDirectory, {
      name: 'coordinator',
      formatVersion: FORMAT_VERSION,
      log,
    });
    undo.push(() => directory.close());
    const signingKeys = await openSigningKeys(
      { identityFile: directory.file('identity.pem'), retiredFile: directory.file('retired-keys.json') },
      clock,
    );
    const operatorToken =
      config.operatorToken ?? (await readOrCreateSecretFile(directory.file('operator.token')));
    const database = openCoordinatorDatabase(directory.file('coordinator.db'));
    undo.push(() => {
      database.close();
    });
    const trail = openAuditTrail(directory.file('audit-trail.db'), clock);
    undo.push(() => trail.close());
    const http = createHttpService({
      name: 'coordinator',
      host: config.host,
      port: config.port,
      log,
      bodyLimitBytes: BODY_LIMIT_BYTES,
      operatorToken,
      ...(config.tls && { tls: config.tls }),
      rateLimit: { max: config.requestsPerMinute, timeWindowMs: 60_000 },
      recordWrite: trail.record,
    });
    const parts = assemble(config, {
      database,
      http,
      networks,
      signingKeys,
      operatorToken,
      trail,
      clock,
      random: dependencies.random ?? unforeseeable,
      log,
    });
    undo.push(() => parts.close());
    undo.push(() => http.stop());
    await parts.start();
    undo.push(() => parts.stop());
    await http.start();
    running = { http, operatorToken };
  };

  const requireRunning = () => {
    if (running) return running;
    throw new Error('the coordinator is not started');
  };
  return {
    async start() {
      try {
        await start();
      } catch (error) {
        await stop().catch(() => undefined);
        throw error;
      }
    },
    stop,
    get url() {
      return requireRunning().http.url;
    },
    get operatorToken() {
      return requireRunning().operatorToken;
    },
  };
}
