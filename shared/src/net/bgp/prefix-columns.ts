import type { RouteEntry } from '../mrt/attributes.js';
import { MrtError } from '../mrt/mrt-error.js';
import type { TablePrefix } from '../mrt/table-dump.js';
import { grown } from './as-path-table.js';

/** Ten times the prefixes of the whole Internet. */
const maximumPrefixes = 16_000_000;
/** 25 full tables; a route takes six bytes. */
const maximumRoutes = 32_000_000;

/**
 * The records of one address family in the order of the file, a column a field. Of the routes of a record, which the writer lists
 * with its choice first, the first is kept with what routers compare.
 */
export interface PrefixColumns {
  readonly family: 4 | 6;
  readonly wordsEach: 1 | 4;
  count: number;
  words: Uint32Array;
  lengths: Uint8Array;
  /** Routes of record `i` are those from `routeStarts[i]` to before `routeStarts[i + 1]`. */
  routeStarts: Uint32Array;
  routeCount: number;
  routePaths: Uint32Array;
  routePeers: Uint16Array;
  nextHops: Uint32Array;
  localPreferences: Uint32Array;
  multiExitDiscriminators: Uint32Array;
  comparedLengths: Uint16Array;
  origins: Uint8Array;
}

export function createPrefixColumns(family: 4 | 6): PrefixColumns {
  const wordsEach = family === 4 ? 1 : 4;
  return {
    family,
    wordsEach,
    count: 0,
    words: new Uint32Array(16 * wordsEach),
    lengths: new Uint8Array(16),
    routeStarts: new Uint32Array(17),
    routeCount: 0,
    routePaths: new Uint32Array(16),
    routePeers: new Uint16Array(16),
    nextHops: new Uint32Array(16),
    localPreferences: new Uint32Array(16),
    multiExitDiscriminators: new Uint32Array(16),
    comparedLengths: new Uint16Array(16),
    origins: new Uint8Array(16),
  };
}

/** Throws `mrt-too-large`. */
export function addPrefix(columns: PrefixColumns, { words, length }: TablePrefix): void {
  const { count, wordsEach } = columns;
  if (count === maximumPrefixes) throw tooLarge('prefixes', maximumPrefixes);
  if (count === columns.lengths.length) growPrefixes(columns, count + 1);
  for (let word = 0; word < wordsEach; word += 1) columns.words[count * wordsEach + word] = words[word]!;
  columns.lengths[count] = length;
  columns.count = count + 1;
  columns.routeStarts[count + 1] = columns.routeCount;
}

/** A route of the record added last. Throws `mrt-too-large`. */
export function addRoute(
  columns: PrefixColumns,
  entry: RouteEntry,
  pathId: number,
  comparedLength: number,
  nextHop: number,
): void {
  const { routeCount, count } = columns;
  if (routeCount === maximumRoutes) throw tooLarge('routes', maximumRoutes);
  if (routeCount === columns.routePaths.length) {
    columns.routePaths = grown(columns.routePaths, routeCount + 1);
    columns.routePeers = grown(columns.routePeers, routeCount + 1);
  }
  const record = count - 1;
  if (routeCount === columns.routeStarts[record]) {
    columns.nextHops[record] = nextHop;
    columns.localPreferences[record] = Math.max(0, entry.localPreference);
    columns.multiExitDiscriminators[record] = Math.max(0, entry.multiExitDiscriminator);
    columns.comparedLengths[record] = comparedLength;
    columns.origins[record] = entry.origin < 0 ? 2 : entry.origin;
  }
  columns.routePaths[routeCount] = pathId;
  columns.routePeers[routeCount] = entry.peer;
  columns.routeCount = routeCount + 1;
  columns.routeStarts[count] = routeCount + 1;
}

function growPrefixes(columns: PrefixColumns, count: number): void {
  columns.words = grown(columns.words, count * columns.wordsEach);
  columns.lengths = grown(columns.lengths, count);
  const capacity = columns.lengths.length;
  columns.words = grown(columns.words, capacity * columns.wordsEach);
  columns.routeStarts = grown(columns.routeStarts, capacity + 1);
  columns.nextHops = grown(columns.nextHops, capacity);
  columns.localPreferences = grown(columns.localPreferences, capacity);
  columns.multiExitDiscriminators = grown(columns.multiExitDiscriminators, capacity);
  columns.comparedLengths = grown(columns.comparedLengths, capacity);
  columns.origins = grown(columns.origins, capacity);
}

const tooLarge = (what: string, bound: number): MrtError =>
  new MrtError('mrt-too-large', `more than ${bound} ${what} in one table`, 0);
