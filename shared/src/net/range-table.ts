import type { Address } from './address.js';
import { NetError } from './net-error.js';

/** Disjoint IPv4 ranges in ascending order: flat arrays, because a search over them outruns a trie of objects. */
export interface Ipv4Ranges {
  readonly firsts: Uint32Array;
  readonly lasts: Uint32Array;
  readonly values: Uint32Array;
}

/** Disjoint IPv6 ranges in ascending order; each bound in its high and its low 64 bits. */
export interface Ipv6Ranges {
  readonly firstHighs: BigUint64Array;
  readonly firstLows: BigUint64Array;
  readonly lastHighs: BigUint64Array;
  readonly lastLows: BigUint64Array;
  readonly values: Uint32Array;
}

export interface RangeTable {
  /** The value of the range that holds the address, or undefined. */
  lookup(address: Address): number | undefined;
}

/** @throws NetError `ranges-overlap` when ranges of a family are not ascending and disjoint. */
export function createRangeTable(ipv4: Ipv4Ranges, ipv6: Ipv6Ranges): RangeTable {
  checkOrder('IPv4', ipv4.values.length, (index) => [ipv4.firsts[index]!, ipv4.lasts[index]!]);
  checkOrder('IPv6', ipv6.values.length, (index) => [
    joinHalves(ipv6.firstHighs[index]!, ipv6.firstLows[index]!),
    joinHalves(ipv6.lastHighs[index]!, ipv6.lastLows[index]!),
  ]);
  return {
    lookup: (address) =>
      address.family === 4 ? lookupIpv4(ipv4, address.value) : lookupIpv6(ipv6, address.value),
  };
}

export function createIpv4Ranges(count: number): Ipv4Ranges {
  return {
    firsts: new Uint32Array(count),
    lasts: new Uint32Array(count),
    values: new Uint32Array(count),
  };
}

export function createIpv6Ranges(count: number): Ipv6Ranges {
  return {
    firstHighs: new BigUint64Array(count),
    firstLows: new BigUint64Array(count),
    lastHighs: new BigUint64Array(count),
    lastLows: new BigUint64Array(count),
    values: new Uint32Array(count),
  };
}

export function setIpv4Range(
  ranges: Ipv4Ranges,
  index: number,
  first: number,
  last: number,
  value: number,
): void {
  ranges.firsts[index] = first;
  ranges.lasts[index] = last;
  ranges.values[index] = value;
}

export function setIpv6Range(
  ranges: Ipv6Ranges,
  index: number,
  first: bigint,
  last: bigint,
  value: number,
): void {
  // Elements of a BigUint64Array keep the low 64 bits.
  ranges.firstHighs[index] = first >> 64n;
  ranges.firstLows[index] = first;
  ranges.lastHighs[index] = last >> 64n;
  ranges.lastLows[index] = last;
  ranges.values[index] = value;
}

function lookupIpv4({ firsts, lasts, values }: Ipv4Ranges, address: number): number | undefined {
  let low = 0;
  let high = firsts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (firsts[middle]! <= address) low = middle + 1;
    else high = middle;
  }
  return low > 0 && address <= lasts[low - 1]! ? values[low - 1] : undefined;
}

function lookupIpv6(ranges: Ipv6Ranges, address: bigint): number | undefined {
  const { firstHighs, firstLows, lastHighs, lastLows, values } = ranges;
  const addressHigh = BigInt.asUintN(64, address >> 64n);
  const addressLow = BigInt.asUintN(64, address);
  let low = 0;
  let high = firstHighs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const middleHigh = firstHighs[middle]!;
    if (middleHigh < addressHigh || (middleHigh === addressHigh && firstLows[middle]! <= addressLow)) {
      low = middle + 1;
    } else high = middle;
  }
  if (low === 0) return undefined;
  const lastHigh = lastHighs[low - 1]!;
  const inside = addressHigh < lastHigh || (addressHigh === lastHigh && addressLow <= lastLows[low - 1]!);
  return inside ? values[low - 1] : undefined;
}

function checkOrder<N extends number | bigint>(
  family: string,
  count: number,
  rangeAt: (index: number) => [first: N, last: N],
): void {
  let previousLast: N | undefined;
  for (let index = 0; index < count; index += 1) {
    const [first, last] = rangeAt(index);
    if (first > last || (previousLast !== undefined && first <= previousLast)) {
      throw new NetError(
        'ranges-overlap',
        `${family} range ${index} (${first} to ${last}) must be ascending and begin after the range before it`,
      );
    }
    previousLast = last;
  }
}

function joinHalves(high: bigint, low: bigint): bigint {
  return (high << 64n) | low;
}
