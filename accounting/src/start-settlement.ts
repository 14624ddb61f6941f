import type { HttpService, Logger } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { Access } from './access.js';
import type { Cleanups } from './cleanups.js';
import {
  addContractRoutes,
  type ContractKnowledge,
  type Contracts,
  createContracts,
} from './contracts/index.js';
import type { NetworkKnowledge } from './network-knowledge.js';
import { networkOf } from './query/networks.js';
import { openSettlementDatabase } from './settlement-database.js';

export interface SettlementParts {
  readonly log: Logger;
  readonly http: HttpService;
  readonly auth: Access['auth'];
  readonly cleanups: Cleanups;
  readonly knowledge: NetworkKnowledge;
  /** Of a file in the data directory. */
  readonly file: (name: string) => string;
}

export interface Settlement {
  /** Of contracts, invoices and schedules. */
  readonly database: Database;
  readonly contracts: Contracts;
}

/** Before `http` starts: it gets routes. Throws what `openDatabase` throws. */
export function startSettlement({ log, http, auth, cleanups, knowledge, file }: SettlementParts): Settlement {
  const database = openSettlementDatabase(file('settlement.sqlite'));
  cleanups.add(() => database.close());
  const { objects } = knowledge.networks;
  const contracts = createContracts({ database, objects, knows: contractKnowledge(knowledge), log });
  contracts.start();
  http.routes((app) => addContractRoutes(app, { auth, contracts }));
  return { database, contracts };
}

/** By the AS graph and the declarations of the time of asking. */
function contractKnowledge({ paths, networks }: NetworkKnowledge): ContractKnowledge {
  return {
    isp: (id) => paths.graph().isp(id),
    autonomousSystem: (asn) => paths.graph().autonomousSystem(asn),
    isComponent: (id) =>
      networks.components.history(id).length > 0 ||
      paths.graph().exchanges.some((exchange) => `ixp:${exchange.id}` === id),
    ispOf: (asn) => paths.graph().ispOf(asn),
    ownersOf: (component) => networks.owners.of(component).map(({ owner }) => owner),
    linksBetween(from, to) {
      const graph = paths.graph();
      const isIn = (ref: string, asn: number): boolean => networkOf(ref)(asn, graph.ispOf(asn) ?? null);
      return graph.links
        .flatMap((link) => [link, { from: link.to, to: link.from }])
        .filter((link) => isIn(from, link.from) && isIn(to, link.to))
        .map((link) => `link:as:${link.from}>as:${link.to}`);
    },
  };
}
