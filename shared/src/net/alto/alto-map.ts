import type { AltoMaps, AltoNetworkMap } from '../../model/alto.js';
import { FairhopError, type FieldError } from '../../model/errors.js';
import type { AddressInput } from '../address.js';
import { NetError } from '../net-error.js';
import { formatPrefix, type Prefix, parsePrefix } from '../prefix.js';
import { createPrefixTable, type PrefixTable } from '../prefix-table.js';

/** An ISP's view of the network (RFC 7285): places (PIDs) of addresses, and costs between them. Immutable. */
export interface AltoMap {
  /** Of the network map. */
  readonly tag: string;
  readonly costMode: 'numerical' | 'ordinal';
  readonly pids: readonly string[];
  readonly prefixCount: number;
  /** By the longest prefix; undefined for an address that none holds. Throws as `PrefixTable.lookup`. */
  pidOf(address: AddressInput): string | undefined;
  /** From a source PID to a destination PID; undefined where the cost map gives none. */
  cost(source: string, destination: string): number | undefined;
  /**
   * The place of that cost among all different costs towards the destination: 0 for the lowest. What numerical and ordinal costs
   * have in common.
   */
  rank(source: string, destination: string): number | undefined;
}

/**
 * Throws FairhopError (422): `alto-vtag-mismatch` when the cost map is for another version of the network map;
 * `alto-prefix-malformed`; `alto-prefix-duplicate` when a prefix is in two PIDs; `alto-pid-unknown` when the cost map names a PID
 * that the network map does not have. `errors` name the places below `networkMap` and `costMap`.
 */
export function createAltoMap({ networkMap, costMap }: AltoMaps): AltoMap {
  const { vtag } = networkMap.meta;
  const dependent = costMap.meta['dependent-vtags'];
  if (!dependent.some((other) => other['resource-id'] === vtag['resource-id'] && other.tag === vtag.tag)) {
    const told = dependent.map((other) => `${other['resource-id']} ${other.tag}`).join(', ');
    const message = `the cost map depends on ${told}, but the network map is ${vtag['resource-id']} ${vtag.tag}; give both of one version`;
    throw new FairhopError('alto-vtag-mismatch', message, { status: 422 });
  }
  const pids = Object.keys(networkMap['network-map']);
  const indexes = new Map(pids.map((pid, index) => [pid, index]));
  const { table, prefixCount } = readPrefixes(networkMap);
  const costs = readCosts(costMap, indexes);
  const columns: (Float64Array | undefined)[] = [];
  const costBetween = (source: string, destination: string): number | undefined => {
    const from = indexes.get(source);
    const to = indexes.get(destination);
    if (from === undefined || to === undefined) return undefined;
    const cost = costs[from * pids.length + to]!;
    return Number.isNaN(cost) ? undefined : cost;
  };
  return {
    tag: vtag.tag,
    costMode: costMap.meta['cost-type']['cost-mode'],
    pids,
    prefixCount,
    pidOf: (address) => table.lookup(address),
    cost: costBetween,
    rank(source, destination) {
      const cost = costBetween(source, destination);
      if (cost === undefined) return undefined;
      const to = indexes.get(destination)!;
      columns[to] ??= differentCosts(costs, pids.length, to);
      return lowerBound(columns[to], cost);
    },
  };
}

/** NaN where there is none; a row for each source. */
function readCosts(costMap: AltoMaps['costMap'], indexes: ReadonlyMap<string, number>): Float64Array {
  const costs = new Float64Array(indexes.size ** 2).fill(Number.NaN);
  const unknown: FieldError[] = [];
  for (const [source, row] of Object.entries(costMap['cost-map'])) {
    const from = indexes.get(source);
    if (from === undefined) unknown.push(unknownPid(`costMap.cost-map.${source}`, source));
    for (const [destination, cost] of Object.entries(row)) {
      const to = indexes.get(destination);
      if (to === undefined) {
        if (unknown.length < MAX_TOLD) {
          unknown.push(unknownPid(`costMap.cost-map.${source}.${destination}`, destination));
        }
      } else if (from !== undefined) costs[from * indexes.size + to] = cost;
    }
  }
  refuse('alto-pid-unknown', unknown);
  return costs;
}

function readPrefixes(networkMap: AltoNetworkMap): { table: PrefixTable<string>; prefixCount: number } {
  const pidByPrefix = new Map<string, string>();
  const entries: { prefix: Prefix; value: string }[] = [];
  const malformed: FieldError[] = [];
  const duplicate: FieldError[] = [];
  for (const [pid, groups] of Object.entries(networkMap['network-map'])) {
    for (const [group, family] of families) {
      for (const [index, text] of (groups[group] ?? []).entries()) {
        const path = `networkMap.network-map.${pid}.${group}.${index}`;
        const prefix = readPrefix(text, family);
        if (typeof prefix === 'string') {
          malformed.push({ path, message: prefix });
          continue;
        }
        const canonical = formatPrefix(prefix);
        const former = pidByPrefix.get(canonical);
        if (former !== undefined && former !== pid) {
          const message = `${canonical} is in PID ${former} already; a prefix is in one PID (RFC 7285 section 11.2.1)`;
          duplicate.push({ path, message });
        }
        // Twice in one PID says the same twice.
        if (former !== undefined) continue;
        pidByPrefix.set(canonical, pid);
        entries.push({ prefix, value: pid });
      }
    }
  }
  refuse('alto-prefix-malformed', malformed);
  refuse('alto-prefix-duplicate', duplicate);
  return { table: createPrefixTable(entries), prefixCount: entries.length };
}

const families = [
  ['ipv4', 4],
  ['ipv6', 6],
] as const;

/** An error tells so many places. */
const MAX_TOLD = 100;

/** The prefix, or what is wrong with it. */
function readPrefix(text: string, family: 4 | 6): Prefix | string {
  try {
    const prefix = parsePrefix(text);
    return prefix.family === family ? prefix : `${text} is no IPv${family} prefix`;
  } catch (error) {
    if (error instanceof NetError) return error.message;
    throw error;
  }
}

const unknownPid = (path: string, pid: string): FieldError => ({
  path,
  message: `the network map has no PID ${pid}`,
});

function refuse(code: string, errors: readonly FieldError[]): void {
  const [first] = errors;
  if (!first) return;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  throw new FairhopError(code, `${first.path}: ${first.message}${more}`, {
    status: 422,
    errors: errors.slice(0, MAX_TOLD),
  });
}

/** All that lead to the PID, ascending, each once. */
function differentCosts(costs: Float64Array, pidCount: number, destination: number): Float64Array {
  const found = new Set<number>();
  for (let source = 0; source < pidCount; source += 1) {
    const cost = costs[source * pidCount + destination]!;
    if (!Number.isNaN(cost)) found.add(cost);
  }
  return Float64Array.from(found).sort();
}

function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
