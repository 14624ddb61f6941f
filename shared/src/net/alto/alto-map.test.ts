import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AltoMaps, altoCostMapSchema, altoMapsSchema, altoNetworkMapSchema } from '../../model/alto.js';
import { formatAddress } from '../address.js';
import { formatPrefix, inPrefix, type Prefix, parsePrefix } from '../prefix.js';
import { createAltoMap } from './alto-map.js';

const vtag = { 'resource-id': 'net', tag: 'v1' };

function mapsOf(
  networkMap: Record<string, { ipv4?: string[]; ipv6?: string[] }>,
  costMap: Record<string, Record<string, number>> = {},
  dependent = [vtag],
): AltoMaps {
  return altoMapsSchema.parse({
    networkMap: { meta: { vtag }, 'network-map': networkMap },
    costMap: {
      meta: {
        'dependent-vtags': dependent,
        'cost-type': { 'cost-mode': 'ordinal', 'cost-metric': 'routingcost' },
      },
      'cost-map': costMap,
    },
  });
}

/** Within 10.0.0.0/8 and of few lengths, so that they nest and meet. */
const prefixArbitrary: fc.Arbitrary<Prefix> = fc
  .record({ length: fc.integer({ min: 8, max: 12 }), bits: fc.nat(15) })
  .map(({ length, bits }) => {
    const value = 10 * 2 ** 24 + bits * 2 ** 20;
    return parsePrefix(
      `${formatAddress({ family: 4, value: value - (value % 2 ** (32 - length)) })}/${length}`,
    );
  });

describe('an ALTO map', () => {
  it('gives an address the PID of its longest prefix', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(prefixArbitrary, { maxLength: 20, selector: formatPrefix }),
        fc.array(fc.nat(3), { minLength: 20, maxLength: 20 }),
        fc.array(fc.nat(2 ** 25), { minLength: 1, maxLength: 20 }),
        (prefixes, owners, offsets) => {
          const networkMap: Record<string, { ipv4: string[] }> = {};
          prefixes.forEach((prefix, index) => {
            const pid = `pid${owners[index]}`;
            networkMap[pid] = { ipv4: [...(networkMap[pid]?.ipv4 ?? []), formatPrefix(prefix)] };
          });
          const map = createAltoMap(mapsOf(networkMap));
          for (const offset of offsets) {
            const address = { family: 4 as const, value: 10 * 2 ** 24 + offset };
            const longest = prefixes
              .map((prefix, index) => ({ prefix, pid: `pid${owners[index]}` }))
              .filter(({ prefix }) => inPrefix(address, prefix))
              .sort((one, other) => other.prefix.length - one.prefix.length)[0];
            expect(map.pidOf(formatAddress(address))).toBe(longest?.pid);
          }
        },
      ),
    );
  });

  it('ranks costs towards a destination as the numbers stand, equal ones alike', () => {
    const costArbitrary = fc.option(fc.constantFrom(0, 0.5, 1, 1.5, 7, 1e9), { nil: undefined });
    const pids = ['a', 'b', 'c', 'd'];
    fc.assert(
      fc.property(fc.array(costArbitrary, { minLength: 16, maxLength: 16 }), (given) => {
        const costMap: Record<string, Record<string, number>> = {};
        given.forEach((cost, index) => {
          if (cost === undefined) return;
          const from = pids[index >> 2]!;
          costMap[from] = { ...costMap[from], [pids[index & 3]!]: cost };
        });
        const map = createAltoMap(mapsOf(Object.fromEntries(pids.map((pid) => [pid, {}])), costMap));
        for (const to of pids) {
          const column = pids.map((from) => costMap[from]?.[to]);
          const different = [...new Set(column)].filter((cost) => cost !== undefined);
          pids.forEach((from, index) => {
            const cost = column[index];
            expect(map.cost(from, to)).toBe(cost);
            const expected =
              cost === undefined ? undefined : different.filter((other) => other < cost).length;
            expect(map.rank(from, to)).toBe(expected);
          });
        }
        expect(map.cost('a', 'unknown')).toBeUndefined();
        expect(map.rank('unknown', 'a')).toBeUndefined();
      }),
    );
  });

  it('has a place for addresses of both families only as far as prefixes or defaults reach', () => {
    const map = createAltoMap(
      mapsOf({ home: { ipv4: ['192.0.2.0/24'], ipv6: ['2001:db8::/32'] }, rest: { ipv4: ['0.0.0.0/0'] } }),
    );
    expect(map.pidOf('192.0.2.7')).toBe('home');
    expect(map.pidOf('2001:db8::7')).toBe('home');
    expect(map.pidOf('198.51.100.1')).toBe('rest');
    expect(map.pidOf('2001:db9::1')).toBeUndefined();
    expect(map).toMatchObject({ pids: ['home', 'rest'], prefixCount: 3, tag: 'v1', costMode: 'ordinal' });
  });

  it.each([
    [
      'alto-vtag-mismatch',
      mapsOf({ a: {} }, {}, [
        { 'resource-id': 'net', tag: 'v2' },
        { 'resource-id': 'other', tag: 'v1' },
      ]),
    ],
    [
      'alto-prefix-duplicate',
      mapsOf({ a: { ipv4: ['192.0.2.0/24'] }, b: { ipv4: ['192.0.2.0/24'] } }),
      'networkMap.network-map.b.ipv4.0',
    ],
    [
      'alto-prefix-duplicate',
      mapsOf({ a: { ipv6: ['2001:db8::/32'] }, b: { ipv6: ['::/0', '2001:0db8:0::/32'] } }),
      'networkMap.network-map.b.ipv6.1',
    ],
    ['alto-prefix-malformed', mapsOf({ a: { ipv4: ['192.0.2.1/24'] } }), 'networkMap.network-map.a.ipv4.0'],
    ['alto-prefix-malformed', mapsOf({ a: { ipv4: ['2001:db8::/32'] } }), 'networkMap.network-map.a.ipv4.0'],
    ['alto-prefix-malformed', mapsOf({ a: { ipv6: ['::ffff:0:0/96'] } }), 'networkMap.network-map.a.ipv6.0'],
    ['alto-pid-unknown', mapsOf({ a: {} }, { b: { a: 1 } }), 'costMap.cost-map.b'],
    ['alto-pid-unknown', mapsOf({ a: {} }, { a: { constructor: 1 } }), 'costMap.cost-map.a.constructor'],
  ])('is refused with %s', (code, maps, path?: string) => {
    const fields = path === undefined ? undefined : [expect.objectContaining({ path })];
    expect(() => createAltoMap(maps)).toThrow(
      expect.objectContaining({ code, status: 422, ...(fields && { errors: fields }) }),
    );
  });

  it('takes a prefix twice in one PID as said once', () => {
    const map = createAltoMap(mapsOf({ a: { ipv4: ['192.0.2.0/24', '192.0.2.0/24'] } }));
    expect(map).toMatchObject({ prefixCount: 1 });
  });

  it('reads the examples', () => {
    const read = (name: string): unknown =>
      JSON.parse(readFileSync(new URL(`../../../../examples/${name}`, import.meta.url), 'utf8'));
    const networkMap = altoNetworkMapSchema.parse(read('alto-network-map.json'));
    const costMap = altoCostMapSchema.parse(read('alto-cost-map.json'));
    const map = createAltoMap({ networkMap, costMap });
    expect(map.cost(map.pidOf('127.2.0.7')!, map.pidOf('127.1.0.7')!)).toBe(10);
    expect(map.rank('north', 'north')).toBe(0);
  });
});

describe('the JSON of maps', () => {
  const valid = mapsOf({ a: { ipv4: ['192.0.2.0/24'] } }, { a: { a: 1 } });
  const { networkMap, costMap } = valid;

  it('leaves members of extensions out', () => {
    const extended = {
      networkMap: {
        ...networkMap,
        'network-map': { a: { ipv4: ['192.0.2.0/24'], 'priv:mac': ['x'] } },
        more: 1,
      },
      costMap,
    };
    expect(altoMapsSchema.parse(extended)).toEqual(valid);
  });

  it.each([
    ['no version', { ...networkMap, meta: {} }, costMap],
    ['a tag with a blank', { ...networkMap, meta: { vtag: { 'resource-id': 'net', tag: 'v 1' } } }, costMap],
    ['a PID of another form', { ...networkMap, 'network-map': { 'a.b': {} } }, costMap],
    ['prefixes that are no list', { ...networkMap, 'network-map': { a: { ipv4: '192.0.2.0/24' } } }, costMap],
    ['a negative cost', networkMap, { ...costMap, 'cost-map': { a: { a: -1 } } }],
    ['a cost that is no number', networkMap, { ...costMap, 'cost-map': { a: { a: '1' } } }],
    [
      'another metric',
      networkMap,
      {
        ...costMap,
        meta: { ...costMap.meta, 'cost-type': { 'cost-mode': 'numerical', 'cost-metric': 'hopcount' } },
      },
    ],
    ['no dependence', networkMap, { ...costMap, meta: { ...costMap.meta, 'dependent-vtags': [] } }],
    [
      'too many PIDs',
      {
        ...networkMap,
        'network-map': Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`p${index}`, {}])),
      },
      costMap,
    ],
  ])('is refused with %s', (_what, network, cost) => {
    expect(altoMapsSchema.safeParse({ networkMap: network, costMap: cost }).success).toBe(false);
  });
});
