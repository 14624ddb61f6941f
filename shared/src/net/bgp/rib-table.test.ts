import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../address.js';
import { asPath, attribute, peers, rib, type TestRoute, uint32 } from '../mrt/test-support.js';
import { formatPrefix, inPrefix, parsePrefix } from '../prefix.js';
import { parseRibs, readRibs } from './read-rib.js';
import type { RibTable } from './rib-table.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../mrt/fixtures/${name}`, import.meta.url));

async function read(name: string, asn?: number): Promise<RibTable[]> {
  const tables: RibTable[] = [];
  for await (const table of readRibs(fixture(name), { asn })) tables.push(table);
  return tables;
}

const route = (peer: number, ...hops: readonly (number | readonly number[])[]): TestRoute => ({
  peer,
  attributes: asPath(...hops),
});
function table(
  peerAsns: readonly number[],
  prefixes: Readonly<Record<string, readonly TestRoute[]>>,
  options: Parameters<typeof parseRibs>[1] = {},
): RibTable {
  const records = Object.entries(prefixes).flatMap(([prefix, routes]) => rib(prefix, routes));
  return parseRibs(Buffer.from([...peers(peerAsns), ...records]), options)[0]!;
}

describe('a RIB that BIRD wrote', () => {
  it('gives its own choices, told and passed routes, and appended dumps apart', async () => {
    const [ipv4, ipv6, later] = await read('as64501-twice.mrt', 64_501);
    expect([ipv4, ipv6, later].map((one) => one?.view)).toEqual(['master4', 'master6', 'master4']);
    expect(later!.timeMs - ipv4!.timeMs).toBe(3_000);
    expect(ipv4!.route(64_501, '198.18.16.1')).toEqual({
      prefix: '198.18.16.0/20',
      asPath: [64_501, 64_502],
      nextHop: '198.19.12.2',
      vantage: 'own',
    });
    expect(later!.route(64_501, '198.18.16.1')?.asPath).toEqual([64_501, 64_503, 64_505]);
    expect(ipv4!.route(64_503, '198.18.16.1')).toMatchObject({ asPath: [64_503, 64_505], vantage: 'told' });
    expect(ipv4!.route(64_508, '198.18.180.1')).toMatchObject({
      asPath: [64_508, 64_509],
      vantage: 'passed',
    });
    expect(ipv6!.route(64_501, '2001:db8:2::1')).toMatchObject({
      prefix: '2001:db8:2::/48',
      asPath: [64_501, 64_502],
      nextHop: '2001:db8:ff12::2',
    });
    // Routes that are not from BGP are of peer 0, AS 0, without attributes.
    expect(ipv4!.route(64_501, '198.18.4.1')).toMatchObject({ asPath: [64_501], nextHop: null });
    // Prepending is collapsed; the longer prefix of another neighbour wins.
    expect(ipv4!.route(64_501, '198.18.144.1')?.asPath).toEqual([64_501, 64_510, 64_506]);
    expect(ipv4!.route(64_501, '198.18.0.1')?.asPath).toEqual([64_501, 64_510, 64_506]);
    expect(ipv4!.originOf('198.18.0.1')).toBe(64_506);
    expect(ipv4!.unusable).toEqual({
      'as-set': 1,
      loop: 1,
      'reserved-asn': 1,
      'private-asn': 6,
      'too-long': 0,
      'default-route': 2,
    });
    for (const unusable of ['198.18.96.1', '198.18.112.1', '198.18.128.1', '198.18.48.1', '192.0.2.1']) {
      expect(ipv4!.route(64_501, unusable)).toBeUndefined();
    }
  });

  it('takes the choice of a router across the two records that ADD-PATH makes of a prefix', async () => {
    const [ipv4] = await read('as64503-add-path.mrt.bz2', 64_503);
    // BIRD's choice has a path id, and stands in the second record.
    expect(ipv4!.route(64_503, '198.19.23.1')?.asPath).toEqual([64_503, 64_502]);
    // Here the shorter way is the one without a path id.
    expect(ipv4!.route(64_503, '198.18.4.1')?.asPath).toEqual([64_503, 64_501]);
    // A static route comes before any of BGP.
    expect(ipv4!.route(64_503, '198.18.16.1')?.asPath).toEqual([64_503, 64_505]);
    expect(ipv4!.route(64_502, '198.18.16.1')).toMatchObject({ asPath: [64_502], vantage: 'told' });
  });
});

describe('a RIB', () => {
  it.each<[string, number[], number[], number]>([
    ['the higher preference', attribute(5, uint32(100)), attribute(5, uint32(90)), 64_502],
    ['IGP before INCOMPLETE', attribute(1, [0]), attribute(1, [2]), 64_502],
    ['the lower BGP identifier', [], [], 64_501],
  ])('takes %s of two records of a prefix', (_what, plain, withPathId, neighbour) => {
    const records = [
      ...rib('198.18.0.0/24', [{ peer: 1, attributes: [...asPath(64_502, 9), ...plain] }]),
      ...rib('198.18.0.0/24', [{ peer: 0, pathId: 5, attributes: [...asPath(64_501, 9), ...withPathId] }]),
    ];
    const [one] = parseRibs(Buffer.from([...peers([64_501, 64_502]), ...records]), { asn: 64_500 });
    expect(one!.route(64_500, '198.18.0.1')?.asPath).toEqual([64_500, neighbour, 9]);
    expect(one!.prefixes).toBe(1);
  });

  it('uses a route only with single, public, known ASes, and says why not', () => {
    const prefixes = {
      '198.18.0.0/24': [route(0, 64_501, [1, 2])],
      '198.18.1.0/24': [route(0, 64_501, 5, 64_501)],
      '198.18.2.0/24': [route(0, 64_501, 23_456)],
      '198.18.3.0/24': [route(0, 64_501, 64_512)],
      '198.18.4.0/24': [route(0, 64_501, ...Array.from({ length: 200 }, (_, index) => 70_000 + index))],
      '198.18.5.0/24': [route(0, 64_501, 64_500)],
      '0.0.0.0/0': [route(0, 64_501)],
    };
    const one = table([64_501], prefixes, { asn: 64_500 });
    expect(one.unusable).toEqual({
      'as-set': 1,
      loop: 1,
      'reserved-asn': 1,
      'private-asn': 1,
      'too-long': 1,
      'default-route': 1,
    });
    for (let third = 0; third < 6; third += 1) expect(one.route(64_500, `198.18.${third}.1`)).toBeUndefined();
    expect(one.route(64_501, '198.18.5.1')).toMatchObject({ asPath: [64_501, 64_500], vantage: 'told' });
    const known = table([64_501], prefixes, { asn: 64_500, allowPrivate: (asn) => asn === 64_512 });
    expect(known.route(64_500, '198.18.3.1')?.asPath).toEqual([64_500, 64_501, 64_512]);
  });

  it('takes what a peer told only when its path begins with the peer, and no other peer for the writer', () => {
    const collector = table([64_501, 64_502], {
      '198.18.0.0/24': [route(0, 64_510, 7), route(1, 64_502, 64_501, 7)],
    });
    expect(collector.route(64_501, '198.18.0.1')).toMatchObject({ asPath: [64_501, 7], vantage: 'passed' });
    expect(collector.route(64_502, '198.18.0.1')).toMatchObject({ vantage: 'told' });
    expect(collector.route(64_500, '198.18.0.1')).toBeUndefined();
    expect(collector.originOf('198.18.0.1')).toBe(7);
    // The router's choice is not usable: its second best is not what it does.
    const own = table(
      [64_501, 64_502],
      { '198.18.0.0/24': [route(0, 64_501, [1]), route(1, 64_502, 7)] },
      { asn: 64_500 },
    );
    expect(own.route(64_500, '198.18.0.1')).toBeUndefined();
    expect(own.originOf('198.18.0.1')).toBe(7);
  });

  it('tells its links, and the same digest for the same routes in another order', () => {
    const some = { '198.18.0.0/24': [route(0, 64_501, 7, 7, 9)], '198.18.1.0/24': [route(1, 64_502, 9)] };
    const turned = Object.fromEntries(Object.entries(some).reverse());
    const one = table([64_501, 64_502], some, { asn: 64_500 });
    expect(Array.from(one.links).sort((left, right) => left[0] - right[0] || left[1] - right[1])).toEqual([
      [7, 9],
      [7, 64_501],
      [9, 64_502],
      [64_500, 64_501],
      [64_500, 64_502],
    ]);
    expect(table([64_501, 64_502], turned, { asn: 64_500 }).digest).toBe(one.digest);
    const other = { ...some, '198.18.1.0/24': [route(1, 64_502, 8)] };
    expect(table([64_501, 64_502], other, { asn: 64_500 }).digest).not.toBe(one.digest);
    const nextHop = [{ peer: 1, attributes: [...asPath(64_502, 9), ...attribute(3, uint32(9))] }];
    const moved = table([64_501, 64_502], { ...some, '198.18.1.0/24': nextHop }, { asn: 64_500 });
    expect(moved.digest).not.toBe(one.digest);
  });

  const ipv4Prefix = fc
    .tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 1, max: 32 }))
    .map(([high, length]) => {
      const value = ((0xc612_0000 | high) & ~(length === 32 ? 0 : 0xffff_ffff >>> length)) >>> 0;
      return `${formatAddress({ family: 4, value })}/${length}`;
    });
  const ipv6Prefix = fc
    .tuple(
      fc.bigInt({ min: 0n, max: 0xffn }),
      fc.bigInt({ min: 0n, max: 0xffn }),
      fc.integer({ min: 1, max: 128 }),
    )
    .map(([high, low, length]) => {
      const value = ((0x2001_0000n + high) << 96n) | (low << 60n) | low;
      const shift = BigInt(128 - length);
      return `${formatAddress({ family: 6, value: (value >> shift) << shift })}/${length}`;
    });

  it('finds the longest prefix, for any prefixes in any order', () => {
    const prefixes = fc.uniqueArray(fc.oneof(ipv4Prefix, ipv6Prefix), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(prefixes, fc.nat(), fc.boolean(), (texts, pick, atEnd) => {
        const one = table(
          [64_501],
          Object.fromEntries(texts.map((text, index) => [text, [route(0, 64_501, index + 1)]])),
        );
        const chosen = parsePrefix(texts[pick % texts.length]!);
        const value = atEnd ? chosen.last : chosen.first;
        const address =
          chosen.family === 4
            ? { family: 4 as const, value: value as number }
            : { family: 6 as const, value: value as bigint };
        const expected = texts
          .map((text, index) => ({ text, index, prefix: parsePrefix(text) }))
          .filter(({ prefix }) => inPrefix(address, prefix))
          .sort((left, right) => right.prefix.length - left.prefix.length)[0]!;
        expect(one.route(64_501, address)).toMatchObject({
          prefix: formatPrefix(expected.prefix),
          asPath: [64_501, expected.index + 1],
        });
      }),
    );
  });

  it('finds each of many prefixes, wherever they stand in the file', () => {
    const count = 70_000;
    // An odd factor takes each of the 2^24 addresses once.
    const addressValueOf = (index: number): number => 0x0a00_0000 + ((index * 2_654_435_761) % 2 ** 24);
    const records = Buffer.concat([
      Buffer.from(peers([64_501])),
      ...Array.from({ length: count }, (_, index) =>
        Buffer.from(
          rib(`${formatAddress({ family: 4, value: addressValueOf(index) })}/32`, [
            route(0, 64_501, index + 1_000_000),
          ]),
        ),
      ),
    ]);
    const one = parseRibs(records)[0]!;
    expect(one.prefixes).toBe(count);
    for (let index = 0; index < count; index += 1) {
      const origin = one.originOf({ family: 4, value: addressValueOf(index) });
      if (origin !== index + 1_000_000) throw new Error(`prefix ${index} has the origin ${origin}`);
    }
    expect(one.originOf('9.255.255.255')).toBeUndefined();
    expect(one.originOf('11.0.0.0')).toBeUndefined();
  });
});
