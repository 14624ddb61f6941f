import { type AddressInput, toAddress } from './address.js';
import { NetError } from './net-error.js';
import { formatPrefix, type Prefix, parsePrefix } from './prefix.js';
import { createIpv4RangesBuilder, createIpv6RangesBuilder } from './range-builder.js';
import { createRangeTable } from './range-table.js';

export interface PrefixEntry<V> {
  readonly prefix: Prefix | string;
  readonly value: V;
}

/** An immutable longest-prefix-match table: the value of the most specific prefix that holds the address. */
export interface PrefixTable<V> {
  /** @throws NetError `address-malformed` for text that is no address. */
  lookup(address: AddressInput): V | undefined;
}

/**
 * Nested prefixes become disjoint ranges here, so that a lookup is one binary search.
 * @throws NetError `prefix-duplicate`, or what `parsePrefix` throws.
 */
export function createPrefixTable<V>(entries: Iterable<PrefixEntry<V>>): PrefixTable<V> {
  const values: V[] = [];
  const prefixes: IndexedPrefix[] = [];
  for (const entry of entries) {
    const prefix = typeof entry.prefix === 'string' ? parsePrefix(entry.prefix) : entry.prefix;
    prefixes.push({ prefix, index: values.length });
    values.push(entry.value);
  }
  prefixes.sort((left, right) => comparePrefixes(left.prefix, right.prefix));
  const ipv4 = createIpv4RangesBuilder(prefixes.length);
  const ipv6 = createIpv6RangesBuilder(prefixes.length);
  let before: Prefix | undefined;
  for (const { prefix, index } of prefixes) {
    if (before && comparePrefixes(before, prefix) === 0) {
      throw new NetError('prefix-duplicate', `prefix ${formatPrefix(prefix)} is given twice; give it once`);
    }
    before = prefix;
    if (prefix.family === 4) ipv4.add(prefix.first, prefix.last, index);
    else ipv6.add(prefix.first, prefix.last, index);
  }
  const table = createRangeTable(ipv4.build(), ipv6.build());
  return {
    lookup(address) {
      const index = table.lookup(toAddress(address));
      return index === undefined ? undefined : values[index];
    },
  };
}

interface IndexedPrefix {
  readonly prefix: Prefix;
  readonly index: number;
}

/** By family, then by first address, then the shorter prefix before those inside it. */
function comparePrefixes(left: Prefix, right: Prefix): number {
  if (left.family !== right.family) return left.family - right.family;
  if (left.first === right.first) return left.length - right.length;
  return left.first < right.first ? -1 : 1;
}
