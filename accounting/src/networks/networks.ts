import { type Clock, type Logger, openDatabase, type Service } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { AsKnowledge } from './as-knowledge.js';
import { createDeclaredComponents, type DeclaredComponents } from './declared-components.js';
import { type AccountingObjects, createAccountingObjects } from './objects.js';
import { type ComponentOwners, createComponentOwners } from './owners.js';
import { networksMigrations } from './schema.js';
import { createTopologyDirectory, type TopologyDirectory } from './topology-directory.js';
import { createTopologyStore, type TopologyStore } from './topology-store.js';

export interface NetworksConfig {
  /** SQLite file; made when it is not there. */
  readonly file: string;
  /** Files `<isp>.json` that are followed. */
  readonly topologyDirectory?: string | undefined;
  readonly checkIntervalMs: number;
}

export interface NetworksDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  /** The AS graph is there before `start`, and routes as far as they are known: files are declared by them. */
  readonly knowledge: AsKnowledge;
}

/** What ISPs and the operator declare: topologies, owners of components, accounting objects; on disk when they are answered. */
export interface Networks extends Service {
  /** Throws `topology-directory-unreadable`, and what `openDatabase` throws. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The AS graph is another one now; before `start` it is not told. */
  graphChanged(): void;
  /** BGP has other routes now. */
  routesChanged(): void;
  /** These throw before `start`. */
  readonly topologies: TopologyStore;
  readonly components: DeclaredComponents;
  readonly owners: ComponentOwners;
  readonly objects: AccountingObjects;
}

type Opened = Pick<Networks, 'topologies' | 'components' | 'owners' | 'objects'> & {
  readonly database: Database;
};

export function createNetworks(config: NetworksConfig, dependencies: NetworksDependencies): Networks {
  const { clock, log, knowledge } = dependencies;
  let opened: Opened | undefined;
  let directory: TopologyDirectory | undefined;
  const running = (): Opened => {
    if (opened === undefined) throw new Error('the networks are not started');
    return opened;
  };
  const stop = async (): Promise<void> => {
    await Promise.allSettled([opened?.topologies.stop(), directory?.stop()]);
    directory = undefined;
    opened?.database.close();
    opened = undefined;
  };
  return {
    async start() {
      opened = open(config.file, dependencies);
      const { owners, topologies } = opened;
      owners.learn(knowledge.graph());
      await topologies.start();
      if (config.topologyDirectory === undefined) return;
      const { topologyDirectory: path, checkIntervalMs } = config;
      directory = createTopologyDirectory({ path, checkIntervalMs }, { topologies, clock, log });
      try {
        await directory.start();
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
    graphChanged() {
      opened?.owners.learn(knowledge.graph());
      opened?.topologies.graphChanged();
      directory?.lookAgain();
    },
    routesChanged() {
      opened?.topologies.routesChanged();
      directory?.routesChanged();
    },
    get topologies() {
      return running().topologies;
    },
    get components() {
      return running().components;
    },
    get owners() {
      return running().owners;
    },
    get objects() {
      return running().objects;
    },
  };
}

function open(file: string, { clock, log, knowledge }: NetworksDependencies): Opened {
  const database = openDatabase(file, networksMigrations, { synchronous: 'FULL' });
  const components = createDeclaredComponents(database);
  return {
    database,
    components,
    topologies: createTopologyStore(database, components, { clock, log, knowledge }),
    owners: createComponentOwners(database, components, clock),
    objects: createAccountingObjects(database, clock),
  };
}
