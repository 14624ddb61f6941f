import { BLOCK_EVENTS } from '../ledger/schema.js';
import { beliefColumn, believedBytes, eventsWithBelief, isOpen, sidesOf } from './beliefs.js';
import { createStatement, type EventBlock, type Selection, type Statement } from './statement.js';
import { ALL_BINS, BINS_PER_HOUR, includesBin, type TimeSlice } from './time-slices.js';

/** Events one by one, of the blocks that have bins of the slice. */
export function fromEvents(
  selection: Selection,
  slice: TimeSlice,
  blocks: readonly EventBlock[],
): Statement[] {
  const { measure, by, time, belief } = selection;
  const wanted = blocks.filter((block) => hasWantedBin(block, slice)).map(({ block }) => block);
  if (wanted.length === 0) return [];
  const joins: string[] = [];
  const where = ['r.bin >= @fromBin', 'r.bin < @toBin', ...wantedBins(slice)];
  if (by.owner || by.title || by.category) {
    joins.push('files');
    where.push('files.id = r.file');
  }
  for (const end of ['source', 'destination'] as const) {
    if (!by[`${end}Host`]) continue;
    joins.push(`endpoints AS ${end}s`);
    where.push(`${end}s.id = r.${end}`);
  }
  const parameters: Record<string, number | string> = {
    blocks: JSON.stringify(wanted),
    fromBin: slice.fromHour * BINS_PER_HOUR,
    toBin: slice.toHour * BINS_PER_HOUR,
  };
  if (selection.routes !== undefined) {
    where.push('r.route IN (SELECT value FROM json_each(@routes))');
    parameters['routes'] = JSON.stringify(selection.routes);
  }
  if (belief?.only !== undefined && isOpen(belief.only)) {
    where.push('t.open = @belief');
    parameters['belief'] = belief.only;
  }
  for (const field of ['owner', 'title', 'category'] as const) {
    const value = selection[field];
    if (value === undefined) continue;
    where.push(`r.file IN (SELECT id FROM files WHERE ${field} = @${field})`);
    parameters[field] = value;
  }
  for (const end of ['source', 'destination'] as const) {
    const host = selection[`${end}Host`];
    if (host === undefined) continue;
    where.push(`r.${end} IN (SELECT id FROM endpoints WHERE host = @${end}Host)`);
    parameters[`${end}Host`] = host;
  }
  return [
    createStatement({
      answeredBy: 'events',
      from: [
        'json_each(@blocks) AS blocks',
        belief === undefined ? 'events AS r' : eventsWithBelief,
        ...(belief === undefined ? [] : [sidesOf(belief)]),
      ],
      joins,
      columns: [
        ...(by.route ? ['r.route AS route'] : []),
        ...(by.owner ? ['files.owner AS owner'] : []),
        ...(by.title ? ['files.title AS title'] : []),
        ...(by.category ? ['files.category AS category'] : []),
        ...(by.sourceHost ? ['sources.host AS sourceHost'] : []),
        ...(by.destinationHost ? ['destinations.host AS destinationHost'] : []),
        ...(belief !== undefined && belief.only === undefined ? [`${beliefColumn} AS belief`] : []),
        ...(time === undefined ? [] : [`${time === 'bin' ? 'r.bin' : `r.bin / ${BINS_PER_HOUR}`} AS slot`]),
      ],
      values: [
        `sum(${measure === 'events' ? '1' : belief === undefined ? 'r.bytes' : believedBytes}) AS value`,
      ],
      seeks: [`r.id >= blocks.value * ${BLOCK_EVENTS}`, `r.id < (blocks.value + 1) * ${BLOCK_EVENTS}`],
      where,
      parameters,
    }),
  ];
}

/** Of the events `r`: conditions that their bins count. */
export function wantedBins({ masks }: TimeSlice): string[] {
  if (masks.every((mask) => mask === ALL_BINS)) return [];
  const cases = masks.flatMap((mask, hour) => (mask === 0 ? [] : [`WHEN ${hour} THEN ${mask}`]));
  const mask = `CASE (r.bin / ${BINS_PER_HOUR}) % ${masks.length} ${cases.join(' ')} ELSE 0 END`;
  return [`((${mask}) >> (r.bin % ${BINS_PER_HOUR})) & 1`];
}

export function hasWantedBin({ first, last }: EventBlock, slice: TimeSlice): boolean {
  const from = Math.max(first, slice.fromHour * BINS_PER_HOUR);
  const to = Math.min(last, slice.toHour * BINS_PER_HOUR - 1);
  // After so many bins the masks repeat.
  const repeats = slice.masks.length * BINS_PER_HOUR;
  for (let bin = from; bin <= to && bin < from + repeats; bin += 1) if (includesBin(slice, bin)) return true;
  return false;
}
