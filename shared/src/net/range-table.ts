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
  const blockStarts = ipv4.firsts.length < indexedRanges ? undefined : indexBlocks(ipv4.firsts);
  return {
    lookup: (address) =>
      address.family === 4 ? lookupIpv4(ipv4, address.value, blockStarts) : lookupIpv6(ipv6, address.value),
  };
}

/** From here on an index of 256 KiB saves more memory reads than it costs. */
const indexedRanges = 65_536;

/** How many ranges begin before each /16, and all of them: the search then has a block to itself. */
function indexBlocks(firsts: Uint32Array): Uint32Array {
  const starts = new Uint32Array(0x1_0001);
  for (const first of firsts) starts[(first >>> 16) + 1]! += 1;
  for (let block = 1; block < starts.length; block += 1) starts[block]! += starts[block - 1]!;
  return starts;
}

function lookupIpv4(
  { firsts, lasts, values }: Ipv4Ranges,
  address: number,
  blockStarts: Uint32Array | undefined,
): number | undefined {
  const block = address >>> 16;
  let low = blockStarts === undefined ? 0 : blockStarts[block]!;
  let high = blockStarts === undefined ? firsts.length : blockStarts[block + 1]!;
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
