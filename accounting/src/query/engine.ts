import type { Query, QueryResult } from '@fairhop/shared/contract';
import type { Ledger } from '../ledger/ledger.js';
import { type Reading, readHere } from '../reading/index.js';
import { askDifference, askFiles, askSum } from './answers.js';
import { periodOf } from './period.js';
import { checkNetworks, type KnownNetworks } from './question.js';
import { createQueryStore, type QueryStore } from './store.js';
import { createZone, type Zone } from './zone.js';

export interface QueryEngineDependencies {
  readonly ledger: Pick<Ledger, 'database'>;
  readonly graph: () => KnownNetworks;
}

export interface QueryEngine {
  /**
   * Answers from the smallest rollup that knows, exact to the byte. Throws `network-unknown`, `owner-unknown`,
   * `title-unknown` (404), `query-invalid` (400) and `sum-beyond-limit` (422).
   */
  ask(query: Query): QueryResult;
  /**
   * The same as a reading, for where an answer may take long: only what is small is looked up on the ledger's connection.
   */
  answer(query: Query): Reading<QueryResult>;
}

/** Zones asked for; one takes a few KiB. */
const maximumZones = 100;

export function createQueryEngine({ ledger, graph }: QueryEngineDependencies): QueryEngine {
  const zones = new Map<string, Zone>();
  let store: QueryStore | undefined;

  const zoneOf = (timeZone: string): Zone => {
    let zone = zones.get(timeZone);
    if (zone === undefined) {
      if (zones.size >= maximumZones) zones.clear();
      zone = createZone(timeZone);
      zones.set(timeZone, zone);
    }
    return zone;
  };
  const openStore = (): QueryStore => {
    // A ledger that was stopped and started has another database.
    if (store?.database !== ledger.database) store = createQueryStore(ledger.database);
    return store;
  };
  function* answer(query: Query): Reading<QueryResult> {
    const zone = zoneOf(query.time.timeZone);
    const question = { query, store: openStore(), zone, period: periodOf(query.time, zone) };
    checkNetworks(question, graph());
    if (query.measure === 'files') return yield* askFiles(question);
    if (query.measure === 'difference') return yield* askDifference(question);
    return yield* askSum(question, query.measure);
  }
  return { ask: (query) => readHere(ledger.database, () => answer(query)), answer };
}
