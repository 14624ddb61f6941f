import type { Address } from './address.js';

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

export function createRangeTable(ipv4: Ipv4Ranges, ipv6: Ipv6Ranges): RangeTable {
  return {
    lookup: (address) =>
      address.family === 4 ? lookupIpv4(ipv4, address.value) : lookupIpv6(ipv6, address.value),
  };
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
