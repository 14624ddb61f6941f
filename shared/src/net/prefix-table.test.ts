import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, parseAddress } from './address.js';
import { formatPrefix, inPrefix, type Prefix, parsePrefix } from './prefix.js';
import { createPrefixTable, type PrefixEntry } from './prefix-table.js';

// Few distinct leading bits and lengths, so that prefixes nest, touch and share their first address often.
const ipv4Prefix = fc
  .tuple(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 0, max: 32 }))
  .map(([value, length]): Prefix => {
    const sizeAddresses = 2 ** (32 - length);
    const first = Math.floor(value / sizeAddresses) * sizeAddresses;
    return { family: 4, first, last: first + sizeAddresses - 1, length };
  });

const ipv6Prefix = fc
  .tuple(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), fc.integer({ min: 0, max: 128 }))
  .map(([value, length]): Prefix => {
    const hostMask = (1n << BigInt(128 - length)) - 1n;
    return { family: 6, first: value & ~hostMask, last: (value & ~hostMask) | hostMask, length };
  });

/** Prefixes of one small corner of the address space: all bits but the lowest eight are the same. */
const crowdedPrefix = fc
  .tuple(fc.constantFrom(4, 6), fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 8 }))
  .map(([family, value, hostBits]): Prefix => {
    const low = (value >> hostBits) << hostBits;
    return family === 4
      ? parsePrefix(`10.0.0.${low}/${32 - hostBits}`)
      : parsePrefix(`2001:db8::${low.toString(16)}/${128 - hostBits}`);
  });

const uniquePrefixes = (prefix: fc.Arbitrary<Prefix>) =>
  fc.uniqueArray(prefix, { selector: formatPrefix, maxLength: 40 });

function naiveLookup(entries: readonly PrefixEntry<number>[], address: Address): number | undefined {
  let best: { length: number; value: number } | undefined;
  for (const { prefix, value } of entries) {
    if (typeof prefix === 'string' || !inPrefix(address, prefix)) continue;
    if (!best || prefix.length > best.length) best = { length: prefix.length, value };
  }
  return best?.value;
}

/** The addresses where an answer can change: the bounds of each prefix and their neighbours. */
function boundaryAddresses(prefix: Prefix): Address[] {
  if (prefix.family === 4) {
    return [prefix.first - 1, prefix.first, prefix.last, prefix.last + 1]
      .filter((value) => value >= 0 && value <= 0xffff_ffff)
      .map((value) => ({ family: 4, value }));
  }
  return [prefix.first - 1n, prefix.first, prefix.last, prefix.last + 1n]
    .filter((value) => value >= 0n && value < 1n << 128n)
    .map((value) => ({ family: 6, value }));
}

describe('createPrefixTable', () => {
  it('gives the value of the most specific prefix', () => {
    const table = createPrefixTable([
      { prefix: '10.0.0.0/8', value: 'eight' },
      { prefix: '10.1.0.0/16', value: 'sixteen' },
      { prefix: '10.1.255.0/24', value: 'twenty-four' },
      { prefix: '2001:db8::/32', value: 'six' },
      { prefix: '2001:db8::/48', value: 'six narrow' },
    ]);
    expect(table.lookup('10.0.255.255')).toBe('eight');
    expect(table.lookup('10.1.0.0')).toBe('sixteen');
    expect(table.lookup('10.1.255.7')).toBe('twenty-four');
    expect(table.lookup('10.2.0.0')).toBe('eight');
    expect(table.lookup('11.0.0.0')).toBeUndefined();
    expect(table.lookup('9.255.255.255')).toBeUndefined();
    expect(table.lookup('::ffff:10.1.2.3')).toBe('sixteen');
    expect(table.lookup('2001:db8:0:1::')).toBe('six narrow');
    expect(table.lookup('2001:db8:1::')).toBe('six');
    expect(table.lookup(parseAddress('2001:db9::'))).toBeUndefined();
  });

  it('answers as a scan of all prefixes does', () => {
    const prefixes = fc.oneof(
      uniquePrefixes(ipv4Prefix),
      uniquePrefixes(ipv6Prefix),
      uniquePrefixes(crowdedPrefix),
    );
    fc.assert(
      fc.property(prefixes, (list) => {
        const entries = list.map((prefix, value) => ({ prefix, value }));
        const table = createPrefixTable(entries);
        for (const address of list.flatMap(boundaryAddresses)) {
          expect(table.lookup(address)).toBe(naiveLookup(entries, address));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('knows nothing when empty', () => {
    const table = createPrefixTable([]);
    expect(table.lookup('0.0.0.0')).toBeUndefined();
    expect(table.lookup('::')).toBeUndefined();
  });

  it('refuses a prefix given twice, in whatever form', () => {
    const entries = [
      { prefix: '10.0.0.0/8', value: 1 },
      { prefix: '::ffff:10.0.0.0/104', value: 2 },
    ];
    expect(() => createPrefixTable(entries)).toThrow(expect.objectContaining({ code: 'prefix-duplicate' }));
  });

  it('refuses bad prefixes and bad addresses', () => {
    expect(() => createPrefixTable([{ prefix: '10.0.0.1/8', value: 1 }])).toThrow(
      expect.objectContaining({ code: 'prefix-host-bits-set' }),
    );
    expect(() => createPrefixTable([]).lookup('10.0.0')).toThrow(
      expect.objectContaining({ code: 'address-malformed' }),
    );
  });
});
