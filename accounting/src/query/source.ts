import { type Believed, needsTotals } from './beliefs.js';
import { fromEvents } from './from-events.js';
import { fromHours, type HourTable } from './from-hours.js';
import { fromUnbillable } from './from-unbillable.js';
import type { EventBlock, Selection, Statement } from './statement.js';
import { createStatement } from './statement.js';
import { ALL_BINS, type TimeSlice } from './time-slices.js';

/** The smallest rollup that knows what is asked; undefined when only the events do. */
function rollupOf(selection: Selection): HourTable | undefined {
  const { measure, routes, owner, by, time } = selection;
  if (isAboutFiles(selection) || selection.sourceHost !== undefined || by.sourceHost) return undefined;
  const needsRoute = routes !== undefined || by.route;
  const needsOwner = owner !== undefined || by.owner;
  const table = !needsRoute ? 'owner_hours' : needsOwner ? 'owner_route_hours' : 'route_hours';
  // Only bytes of routes and owners are kept by bin.
  if (time === 'bin' && (measure === 'events' || table === 'owner_route_hours')) return undefined;
  return table;
}

/** About what `host_files` tells apart, and hourly rollups do not. */
const isAboutFiles = ({ title, category, destinationHost, by }: Selection): boolean =>
  [title, category, destinationHost].some((filter) => filter !== undefined) ||
  by.title ||
  by.category ||
  by.destinationHost;

/**
 * What `host_files` knows: how much of which file each host received ever, by whatever way. Undefined when the question is
 * about less than that, or the hourly rollups know it.
 */
export function fromHostFiles(selection: Selection): Statement[] | undefined {
  const { measure, isAllTime, routes, owner, title, category, destinationHost, by, time, belief } = selection;
  if (belief !== undefined || !isAllTime || routes !== undefined || by.route || time !== undefined)
    return undefined;
  if (!isAboutFiles(selection) || selection.sourceHost !== undefined || by.sourceHost) return undefined;
  return [
    createStatement({
      answeredBy: 'host-files',
      from: ['host_files AS r'],
      joins: ['files'],
      columns: [
        ...(by.owner ? ['files.owner AS owner'] : []),
        ...(by.title ? ['files.title AS title'] : []),
        ...(by.category ? ['files.category AS category'] : []),
        ...(by.destinationHost ? ['r.host AS destinationHost'] : []),
      ],
      values: [`sum(r.${measure}) AS value`],
      seeks: destinationHost === undefined ? [] : ['r.host = @destinationHost'],
      where: [
        'files.id = r.file',
        ...(owner === undefined ? [] : ['files.owner = @owner']),
        ...(title === undefined ? [] : ['files.title = @title']),
        ...(category === undefined ? [] : ['files.category = @category']),
      ],
      parameters: {
        ...(destinationHost !== undefined && { destinationHost }),
        ...(owner !== undefined && { owner }),
        ...(title !== undefined && { title }),
        ...(category !== undefined && { category }),
      },
    }),
  ];
}

/** A statement, and what the beliefs of its rows are; undefined where they do not matter. */
export interface SourceStatement {
  readonly statement: Statement;
  readonly believed?: Believed;
}

/** Whether no rollup by time tells. */
export const needsEvents = (selection: Selection): boolean => rollupOf(selection) === undefined;

/** Whether a rollup tells single bins of its hours. */
export const isAnsweredByHours = (selection: Selection): boolean =>
  selection.measure === 'bytes' && rollupOf(selection) !== 'owner_route_hours';

/** The statements whose rows together answer a selection for one slice of time. */
export function statementsFor(
  selection: Selection,
  slice: TimeSlice,
  blocks: () => readonly EventBlock[],
): SourceStatement[] {
  const { belief, ...rest } = selection;
  if (belief === undefined) return totalsFor(selection, slice, blocks).map((statement) => ({ statement }));
  if (isAboutFiles(selection) || selection.sourceHost !== undefined || selection.by.sourceHost)
    return fromEvents(selection, slice, blocks()).map((statement) => ({ statement, believed: 'each' }));
  const totals = needsTotals(belief) ? totalsFor(rest, slice, blocks) : [];
  return [
    ...totals.map((statement) => ({ statement, believed: 'all' as const })),
    ...(belief.only === 'edge'
      ? []
      : [{ statement: fromUnbillable(selection, slice), believed: 'open' as const }]),
  ];
}

function totalsFor(selection: Selection, slice: TimeSlice, blocks: () => readonly EventBlock[]): Statement[] {
  const table = rollupOf(selection);
  if (table === undefined) return fromEvents(selection, slice, blocks());
  if (isAnsweredByHours(selection)) return fromHours(table, selection, slice);
  // The bins of hours that count in part are those of the events.
  const isWhole = (mask: number): boolean => mask === ALL_BINS;
  const whole = slice.masks.map((mask) => (isWhole(mask) ? mask : 0));
  const partial = slice.masks.map((mask) => (isWhole(mask) ? 0 : mask));
  return [
    ...(whole.some(Boolean) ? fromHours(table, selection, { ...slice, masks: whole }) : []),
    ...(partial.some(Boolean) ? fromEvents(selection, { ...slice, masks: partial }, blocks()) : []),
  ];
}
