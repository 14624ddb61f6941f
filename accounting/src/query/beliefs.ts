import type { Query } from '@fairhop/shared/contract';
import type { Belief } from '@fairhop/shared/model';
import type { Route } from '../ledger/routes.js';
import { openBeliefs } from '../matching/decide.js';
import { invalidQuery } from './period.js';
import type { SumRow } from './read-sums.js';
import type { BeliefSelection } from './statement.js';

type Only = NonNullable<Query['belief']>;

/** Not billable. */
export const isOpen = (belief: Only): boolean => openBeliefs.some((one) => one === belief);

const isBetweenAgents = ({ kind }: Pick<Route, 'kind'>): boolean => kind === 'client-to-client';

/** What is believed of bytes of a route that are billable. */
const billableOf = (route: Pick<Route, 'kind'>): Belief => (isBetweenAgents(route) ? 'settled' : 'edge');

/** Whether a route may have bytes of the belief; undefined when each may. */
export function hasKindOf(belief: Query['belief']): ((route: Route) => boolean) | undefined {
  if (belief === undefined || belief === 'billable') return undefined;
  return (route) => isBetweenAgents(route) === (belief !== 'edge');
}

/** Throws `query-invalid`. */
export function checkBelief({ measure, belief, groupBy }: Query): void {
  if (belief === undefined && !groupBy.includes('belief')) return;
  if (!['events', 'hosts', 'files'].includes(measure)) return;
  const isGrouped = groupBy.includes('belief');
  if (measure === 'files' && !isGrouped) {
    if (belief === 'billable') return;
    throw invalidQuery(
      'belief',
      `what backs a file may have some of each belief; billable is right, or leave it out for files`,
    );
  }
  throw invalidQuery(
    belief === undefined ? 'groupBy' : 'belief',
    `what is believed is of bytes, and an event may have some of each belief; leave it out for ${measure}`,
  );
}

/**
 * What the rows of a statement are: bytes of each belief (`each`), all bytes whatever is believed (`all`), or only those that are not
 * billable (`open`), which are taken from `all` to have what is.
 */
export type Believed = 'each' | 'all' | 'open';

/** Bytes that are not billable are known by themselves. */
export const needsTotals = ({ only }: BeliefSelection): boolean => only === undefined || !isOpen(only);

/** The sums that a row stands for, with their beliefs where they are asked for. */
export function beliefsOf(
  selection: BeliefSelection | undefined,
  routes: () => ReadonlyMap<number, Route>,
): (row: SumRow, believed: Believed | undefined) => readonly SumRow[] {
  if (selection === undefined) return (row) => [row];
  const { only } = selection;
  const known = routes();
  const billableOfRow = ({ route }: SumRow): Belief | undefined =>
    route === undefined ? undefined : billableOf(known.get(route)!);
  const labelled = (row: SumRow, belief: Belief | undefined, sign: 1 | -1): SumRow => ({
    ...row,
    ...(belief !== undefined && { belief }),
    value: row.value * sign,
  });
  if (only !== undefined && isOpen(only)) return (row) => [labelled(row, only as Belief, 1)];
  if (only !== undefined)
    return (row, believed) => [labelled(row, billableOfRow(row), believed === 'open' ? -1 : 1)];
  return (row, believed) =>
    believed === 'open'
      ? [row, labelled(row, billableOfRow(row), -1)]
      : [labelled(row, row.belief ?? billableOfRow(row), 1)];
}

/** Events with what is believed of their transfers, where they are between agents. */
export const eventsWithBelief =
  'events AS r LEFT JOIN peer_transfers AS t ON t.transfer_id = r.transfer_id AND r.from_bytes IS NOT NULL';

/** Each event counts with its billable bytes (0), with the others (1), or with both. */
export const sidesOf = ({ only }: BeliefSelection): string => {
  const sides = only === undefined ? '[0, 1]' : isOpen(only) ? '[1]' : '[0]';
  return `json_each('${sides}') AS sides`;
};

const settledBytes =
  'CASE WHEN t.id IS NULL THEN r.bytes ELSE max(0, min(r.bytes, t.settled_up_to - r.from_bytes)) END';
export const believedBytes = `CASE sides.value WHEN 0 THEN ${settledBytes} ELSE r.bytes - ${settledBytes} END`;
export const beliefColumn = 'CASE sides.value WHEN 1 THEN t.open END';
