import { type AddressInput, toAddress } from './address.js';
import { NetError } from './net-error.js';
import { formatPrefix, type Ipv4Prefix, type Ipv6Prefix, type Prefix, parsePrefix } from './prefix.js';
import {
  createIpv4Ranges,
  createIpv6Ranges,
  createRangeTable,
  setIpv4Range,
  setIpv6Range,
} from './range-table.js';

export interface PrefixEntry<V> {
  readonly prefix: Prefix | string;
  readonly value: V;
}

/** An immutable longest-prefix-match table: the value of the most specific prefix that holds the address. */
export interface PrefixTable<V> {
  /** @throws NetError `address-malformed` for text that is no address. */
  lookup(address: AddressInput): V | undefined;
}

interface Range<N> {
  first: N;
  last: N;
  value: number;
}

/**
 * Nested prefixes become disjoint ranges here, so that a lookup is one binary search.
 * @throws NetError `prefix-duplicate`, or what `parsePrefix` throws.
 */
export function createPrefixTable<V>(entries: Iterable<PrefixEntry<V>>): PrefixTable<V> {
  const values: V[] = [];
  const ipv4: (Ipv4Prefix & { value: number })[] = [];
  const ipv6: (Ipv6Prefix & { value: number })[] = [];
  for (const entry of entries) {
    const prefix = typeof entry.prefix === 'string' ? parsePrefix(entry.prefix) : entry.prefix;
    if (prefix.family === 4) ipv4.push({ ...prefix, value: values.length });
    else ipv6.push({ ...prefix, value: values.length });
    values.push(entry.value);
  }
  const ipv4Flat = flatten<number>(
    ipv4,
    (address) => address + 1,
    (address) => address - 1,
  );
  const ipv6Flat = flatten<bigint>(
    ipv6,
    (address) => address + 1n,
    (address) => address - 1n,
  );
  const ipv4Ranges = createIpv4Ranges(ipv4Flat.length);
  const ipv6Ranges = createIpv6Ranges(ipv6Flat.length);
  for (const [index, { first, last, value }] of ipv4Flat.entries()) {
    setIpv4Range(ipv4Ranges, index, first, last, value);
  }
  for (const [index, { first, last, value }] of ipv6Flat.entries()) {
    setIpv6Range(ipv6Ranges, index, first, last, value);
  }
  const table = createRangeTable(ipv4Ranges, ipv6Ranges);
  return {
    lookup(address) {
      const index = table.lookup(toAddress(address));
      return index === undefined ? undefined : values[index];
    },
  };
}

/** Prefixes either nest or are disjoint, so a stack of the open ones tells which is the most specific. */
function flatten<N extends number | bigint>(
  prefixes: readonly (Range<N> & Prefix)[],
  next: (address: N) => N,
  previous: (address: N) => N,
): Range<N>[] {
  const sorted = [...prefixes].sort((left, right) =>
    left.first === right.first ? left.length - right.length : left.first < right.first ? -1 : 1,
  );
  const flat: Range<N>[] = [];
  const open: Range<N>[] = [];
  let cursor: N | undefined;
  const emitUpTo = (last: N, value: number) => {
    if (cursor === undefined || cursor > last) return;
    flat.push({ first: cursor, last, value });
    cursor = next(last);
  };
  const closeBefore = (first: N | undefined) => {
    for (let top = open.at(-1); top && (first === undefined || top.last < first); top = open.at(-1)) {
      emitUpTo(top.last, top.value);
      open.pop();
    }
  };
  for (const [index, prefix] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before && before.first === prefix.first && before.length === prefix.length) {
      throw new NetError('prefix-duplicate', `prefix ${formatPrefix(prefix)} is given twice; give it once`);
    }
    closeBefore(prefix.first);
    const parent = open.at(-1);
    if (parent && parent.first < prefix.first) emitUpTo(previous(prefix.first), parent.value);
    cursor = prefix.first;
    open.push(prefix);
  }
  closeBefore(undefined);
  return flat;
}
