import { ERA_HOURS } from '../ledger/schema.js';
import { createStatement, type Selection, type Statement } from './statement.js';
import { ALL_BINS, BINS_PER_HOUR, type TimeSlice } from './time-slices.js';

export type HourTable = 'route_hours' | 'owner_hours' | 'owner_route_hours';

export const binSums = Array.from({ length: BINS_PER_HOUR }, (_, bin) => `sum(r.b${bin}) AS b${bin}`);

/** Hourly sums of routes, owners or both; `table` has the columns that the selection needs. */
export function fromHours(table: HourTable, selection: Selection, slice: TimeSlice): Statement[] {
  const { routes, owner, by, time } = selection;
  const route = table === 'route_hours' ? 'r.subject' : 'r.route';
  const ownerColumn = table === 'owner_hours' ? 'r.subject' : 'r.owner';
  const from: string[] = [];
  const seeks: string[] = [];
  const where: string[] = [];
  const parameters: Record<string, number | string> = { fromHour: slice.fromHour, toHour: slice.toHour };
  if (table === 'owner_route_hours') {
    // The key leads with the era, so each era is a range of its own.
    from.push('json_each(@eras) AS eras');
    seeks.push('r.era = eras.value');
    const first = Math.floor(slice.fromHour / ERA_HOURS);
    const last = Math.floor((slice.toHour - 1) / ERA_HOURS);
    parameters['eras'] = JSON.stringify(
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    );
  }
  if (owner !== undefined) {
    seeks.push(`${ownerColumn} = @owner`);
    parameters['owner'] = owner;
  }
  if (routes !== undefined) {
    parameters['routes'] = JSON.stringify(routes);
    if (table === 'owner_route_hours' && owner === undefined) {
      where.push('r.route IN (SELECT value FROM json_each(@routes))');
    } else {
      from.push('json_each(@routes) AS wanted');
      seeks.push(`${route} = wanted.value`);
    }
  }
  // The hour ends the key: it is looked up only where all that is before it is given.
  const isKeyGiven = table === 'owner_hours' ? owner !== undefined : routes !== undefined;
  const isSought = isKeyGiven && (table !== 'owner_route_hours' || owner !== undefined);
  (isSought ? seeks : where).push('r.hour >= @fromHour', 'r.hour < @toHour');
  where.push(...wantedHours(slice));
  return [
    createStatement({
      answeredBy: table.replaceAll('_', '-'),
      from: [...from, `${table} AS r`],
      joins: [],
      columns: [
        ...(by.route ? [`${route} AS route`] : []),
        ...(by.owner ? [`${ownerColumn} AS owner`] : []),
        ...(time === undefined ? [] : ['r.hour AS slot']),
      ],
      values: time === 'bin' ? binSums : [`sum(${hourValue(selection, slice)}) AS value`],
      seeks,
      where,
      parameters,
      ...(time === 'bin' && { binMasks: slice.masks }),
    }),
  ];
}

/** Sum of one hourly row over the bins that the slice takes of it. */
export function hourValue({ measure }: Selection, { masks }: TimeSlice): string {
  if (measure === 'events') return 'r.events';
  const partial = new Map<number, number[]>();
  for (const [hour, mask] of masks.entries()) {
    if (mask !== 0 && mask !== ALL_BINS) partial.set(mask, [...(partial.get(mask) ?? []), hour]);
  }
  if (partial.size === 0) return 'r.bytes';
  const cases = [...partial].map(([mask, hours]) => {
    const bins = Array.from({ length: BINS_PER_HOUR }, (_, bin) => bin).filter((bin) => (mask >> bin) & 1);
    return `WHEN r.hour % ${masks.length} IN (${hours.join(', ')}) THEN ${bins.map((bin) => `r.b${bin}`).join(' + ')}`;
  });
  return `CASE ${cases.join(' ')} ELSE r.bytes END`;
}

export function wantedHours({ masks }: TimeSlice): string[] {
  const hours = masks.flatMap((mask, hour) => (mask === 0 ? [] : [hour]));
  return hours.length === masks.length ? [] : [`r.hour % ${masks.length} IN (${hours.join(', ')})`];
}
