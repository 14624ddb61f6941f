import { isOpen } from './beliefs.js';
import { binSums, hourValue, wantedHours } from './from-hours.js';
import { createStatement, type Selection, type Statement } from './statement.js';
import type { TimeSlice } from './time-slices.js';

/** Bytes that are not billable, of a selection by routes, owners, hours and bins. */
export function fromUnbillable(selection: Selection, slice: TimeSlice): Statement {
  const { routes, owner, by, time, belief } = selection;
  const where = wantedHours(slice);
  const parameters: Record<string, number | string> = { fromHour: slice.fromHour, toHour: slice.toHour };
  if (routes !== undefined) {
    where.push('r.route IN (SELECT value FROM json_each(@routes))');
    parameters['routes'] = JSON.stringify(routes);
  }
  if (owner !== undefined) {
    where.push('r.owner = @owner');
    parameters['owner'] = owner;
  }
  if (belief?.only !== undefined && isOpen(belief.only)) {
    where.push('r.belief = @belief');
    parameters['belief'] = belief.only;
  }
  return createStatement({
    answeredBy: 'unbillable-hours',
    from: ['unbillable_hours AS r'],
    joins: [],
    columns: [
      ...(by.route ? ['r.route AS route'] : []),
      ...(by.owner ? ['r.owner AS owner'] : []),
      ...(belief !== undefined && belief.only === undefined ? ['r.belief AS belief'] : []),
      ...(time === undefined ? [] : ['r.hour AS slot']),
    ],
    values: time === 'bin' ? binSums : [`sum(${hourValue(selection, slice)}) AS value`],
    seeks: ['r.hour >= @fromHour', 'r.hour < @toHour'],
    where,
    parameters,
    ...(time === 'bin' && { binMasks: slice.masks }),
  });
}
