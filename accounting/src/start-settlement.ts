import { BIN_MS } from '@fairhop/shared/model';
import type { Clock, HttpService, Logger } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { Access } from './access.js';
import type { Cleanups } from './cleanups.js';
import {
  addContractRoutes,
  type ContractKnowledge,
  type Contracts,
  createContracts,
} from './contracts/index.js';
import type { Ledger } from './ledger/index.js';
import type { NetworkKnowledge } from './network-knowledge.js';
import { networkOf } from './query/networks.js';
import { openSettlementDatabase } from './settlement-database.js';

export interface SettlementParts {
  readonly log: Logger;
  readonly clock: Clock;
  readonly http: HttpService;
  readonly auth: Access['auth'];
  readonly cleanups: Cleanups;
  readonly knowledge: NetworkKnowledge;
  readonly onGraphChanged: (listen: () => void) => void;
  readonly ledger: Pick<Ledger, 'retention'>;
  /** Of a file in the data directory. */
  readonly file: (name: string) => string;
}

export interface Settlement {
  /** Of contracts, invoices and schedules. */
  readonly database: Database;
  readonly contracts: Contracts;
}

/** Before `http` starts: it gets routes. Throws what `openDatabase` throws. */
export function startSettlement(parts: SettlementParts): Settlement {
  const { log, clock, http, auth, cleanups, knowledge, onGraphChanged, ledger, file } = parts;
  const database = openSettlementDatabase(file('settlement.sqlite'));
  cleanups.add(() => database.close());
  const { objects } = knowledge.networks;
  const contracts = createContracts({
    ...{ database, objects, log },
    knows: contractKnowledge(knowledge),
    keptFromMs: () => ledger.retention.keptFromBin() * BIN_MS,
  });
  contracts.start();
  const follow = (): void => contracts.networksChanged(clock.nowMs());
  // It may have changed while the service was away.
  follow();
  onGraphChanged(follow);
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
