import type { Query, QueryResult } from '@fairhop/shared/contract';
import type { Ledger } from '../ledger/ledger.js';
import { type Reading, readHere } from '../reading/index.js';
import { askFiles } from './answer-files.js';
import { askRate } from './answer-rates.js';
import { askDifference, askHosts, askSum } from './answers.js';
import { checkBelief } from './beliefs.js';
import { checkDirection } from './directions.js';
import { periodOf } from './period.js';
import { checkCategory, checkComponents, checkNetworks, type KnownNetworks } from './question.js';
import { createQueryStore, type QueryStore } from './store.js';
import type { View } from './view.js';
import { createZone, type Zone } from './zone.js';

export interface QueryEngineDependencies {
  readonly ledger: Pick<Ledger, 'database'>;
  readonly graph: () => KnownNetworks;
  /** When a question is asked, for periods such as `last-month`; by default the system's clock. */
  readonly nowMs?: () => number;
}

export interface QueryEngine {
  /**
   * Answers from the smallest rollup that knows, exact to the byte. Throws `network-unknown`, `component-unknown`,
   * `owner-unknown`, `title-unknown`, `category-unknown` (404), `query-invalid` (400), `sum-beyond-limit` and
   * `answer-too-large` (422).
   */
  ask(query: Query, view?: View): QueryResult;
  /**
   * The same as a reading, for where an answer may take long: only what is small is looked up on the ledger's connection.
   */
  answer(query: Query, view?: View): Reading<QueryResult>;
}

/** Zones asked for; one takes a few KiB. */
const maximumZones = 100;

export function createQueryEngine({ ledger, graph, nowMs = Date.now }: QueryEngineDependencies): QueryEngine {
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
  function* answer(query: Query, view?: View): Reading<QueryResult> {
    const zone = zoneOf(query.time.timeZone);
    const period = periodOf(query.time, zone, nowMs());
    const question = { query, store: openStore(), zone, period, view };
    checkDirection(query);
    checkBelief(query);
    checkNetworks(question, graph());
    checkComponents(question, graph());
    yield* checkCategory(question);
    switch (query.measure) {
      case 'files':
        return yield* askFiles(question);
      case 'difference':
        return yield* askDifference(question);
      case 'hosts':
        return yield* askHosts(question);
      case 'bytes':
      case 'events':
        return yield* askSum(question, query.measure);
      default:
        return yield* askRate(question, query.measure);
    }
  }
  return { ask: (query, view) => readHere(ledger.database, () => answer(query, view)), answer };
}
