import type { Query } from '@fairhop/shared/contract';
import type { Route } from '../ledger/routes.js';
import type { Dimension, KeyValue } from './group-keys.js';

type RouteEnds = Pick<Route, 'sourceIsp' | 'destinationIsp'>;

/** What somebody who may not see all gets to see of an answer. What is not seen does not count. */
export interface View {
  /** Whether events of a route count for a question; absent: the question says itself which ones. */
  readonly sees?: (route: Route, query: Query) => boolean;
  /** What a group is called; undefined: it is left out. Groups of one name become one before anything is counted. */
  readonly shown?: (dimension: Dimension, value: KeyValue, ends: RouteEnds) => KeyValue | undefined;
  /** What a host is called that `shown` does not hide: another name for each. Absent: as it is booked. */
  readonly host?: (name: string) => string;
}
