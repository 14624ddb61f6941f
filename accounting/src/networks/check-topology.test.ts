import { type TopologyInput, topologySchema } from '@fairhop/shared/model';
import { createAsGraph, formatPrefix, type Prefix, parsePrefix } from '@fairhop/shared/net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asConflicts } from './as-conflicts.js';
import { withoutForeign } from './check-ownership.js';
import { structureErrors } from './check-structure.js';
import { coveringAses } from './covering-ases.js';
import { graphFile, topologyOf } from './fixture.js';
import { toldRemarks } from './remark.js';
import { atOnce } from './steps.js';

const graph = createAsGraph(graphFile);
const node = (changes: object = {}) => ({ name: 'r1', kind: 'router', asn: 64501, ...changes });
const topology = (parts: object) =>
  topologySchema.parse({
    version: 1,
    nodes: [node()],
    internalLinks: [],
    peeringLinks: [],
    attachments: [],
    ...parts,
  } as TopologyInput);

it('names no node like an address', () => {
  expect(() => topology({ nodes: [node({ name: '127.2.0.1' })] })).toThrow(/not an address/);
  expect(topology({ nodes: [node({ name: 'r127.2.0.1' })] }).nodes).toHaveLength(1);
});

describe('structureErrors', () => {
  const facts = { isp: 'sp1', graph };
  const two = [node(), node({ name: 'r2' })];

  it('finds nothing wrong in what is right', () => {
    expect(
      atOnce(structureErrors(topology({ nodes: two, internalLinks: [{ between: ['r1', 'r2'] }] }), facts)),
    ).toEqual([]);
  });

  it.each([
    ['a name twice', { nodes: [node(), node()] }, 'nodes.1.name', /r1 is given twice/],
    ['an AS of another ISP', { nodes: [node({ asn: 64502 })] }, 'nodes.0.asn', /64502 belongs to ISP sp2/],
    ['an AS of nobody', { nodes: [node({ asn: 65000 })] }, 'nodes.0.asn', /65000 belongs to nobody/],
    [
      'an address on two nodes',
      { nodes: [node({ addresses: ['::ffff:127.1.0.1'] }), node({ name: 'r2', addresses: ['127.1.0.1'] })] },
      'nodes.1.addresses.0',
      /127\.1\.0\.1 is an address of node r1/,
    ],
    ['a link to nowhere', { internalLinks: [{ between: ['r1', 'r9'] }] }, 'internalLinks.0.between.1', /r9/],
    ['a link to itself', { internalLinks: [{ between: ['r1', 'r1'] }] }, 'internalLinks.0.between', /itself/],
    [
      'a link twice, the other way round',
      { nodes: two, internalLinks: [{ between: ['r1', 'r2'] }, { between: ['r2', 'r1'] }] },
      'internalLinks.1.between',
      /linked twice/,
    ],
    [
      'a peering link on no node',
      { peeringLinks: [{ name: 'p', node: 'r9', neighbour: 64502 }] },
      'peeringLinks.0.node',
      /r9/,
    ],
    [
      'a peering link with itself',
      { peeringLinks: [{ name: 'p', node: 'r1', neighbour: 64501 }] },
      'peeringLinks.0.neighbour',
      /own/,
    ],
    [
      'two peering links of one name',
      {
        nodes: two,
        peeringLinks: [
          { name: 'p', node: 'r1', neighbour: 64502 },
          { name: 'p', node: 'r2', neighbour: 64502 },
        ],
      },
      'peeringLinks.1.name',
      /twice/,
    ],
    [
      'a prefix on no node',
      { attachments: [{ prefix: '127.1.0.0/24', node: 'r9' }] },
      'attachments.0.node',
      /r9/,
    ],
    [
      'a prefix with host bits',
      { attachments: [{ prefix: '127.1.0.1/24', node: 'r1' }] },
      'attachments.0.prefix',
      /127\.1\.0\.0\/24/,
    ],
    [
      'a prefix twice',
      { nodes: two, attachments: two.map(({ name }) => ({ prefix: '127.1.0.0/24', node: name })) },
      'attachments.1.prefix',
      /twice/,
    ],
  ])('names the place of %s', (_what, parts, path, message) => {
    expect(atOnce(structureErrors(topology(parts), facts))).toEqual([
      { path, message: expect.stringMatching(message) },
    ]);
  });
});

describe('withoutForeign', () => {
  const check = (parts: object, origins: Record<string, number> = {}) =>
    atOnce(withoutForeign(topology(parts), { isp: 'sp1', graph, originOf: (address) => origins[address] }));

  it('keeps all of what is the ISP’s own', () => {
    const own = topologyOf();
    expect(atOnce(withoutForeign(own, { isp: 'sp1', graph, originOf: () => undefined }))).toEqual({
      topology: own,
      refused: [],
    });
  });

  it.each([
    ['127.2.0.0/24', /in a prefix of AS 64502/],
    ['127.0.0.0/8', /in no prefix/],
    ['0.0.0.0/0', /in no prefix/],
    ['::/0', /in no prefix/],
    ['10.0.0.0/8', /in no prefix/],
  ])('leaves %s out, and the rest in', (prefix, message) => {
    const own = { prefix: '127.1.4.0/22', node: 'r1' };
    const { topology: kept, refused } = check({ attachments: [{ prefix, node: 'r1' }, own] });
    expect(kept.attachments).toEqual([own]);
    expect(refused).toEqual([
      { what: `attachment ${prefix}`, code: 'prefix-not-own', message: expect.stringMatching(message) },
    ]);
  });

  it('takes the longest prefix for whose a part is, where prefixes of several overlap', () => {
    const overlapping = createAsGraph({
      ...graphFile,
      prefixes: [...graphFile.prefixes, { prefix: '127.1.64.0/18', asn: 64503 }],
    });
    const attachments = ['127.1.64.0/20', '127.1.0.0/16', '127.1.128.0/20'].map((prefix) => ({
      prefix,
      node: 'r1',
    }));
    const facts = { isp: 'sp1', graph: overlapping, originOf: () => undefined };
    const { refused } = atOnce(withoutForeign(topology({ attachments }), facts));
    expect(refused.map(({ what }) => what)).toEqual(['attachment 127.1.64.0/20']);
  });

  it('believes BGP when all of a prefix comes from an own AS', () => {
    const attachments = [{ prefix: '10.0.0.0/24', node: 'r1' }];
    const whole = check({ attachments }, { '10.0.0.0': 64501, '10.0.0.255': 64501 });
    expect(whole.topology.attachments).toEqual(attachments);
    const half = check({ attachments }, { '10.0.0.0': 64501, '10.0.0.255': 64502 });
    expect(half.topology.attachments).toEqual([]);
  });

  it('leaves addresses of others out of nodes', () => {
    const addresses = ['127.1.0.1', '127.2.0.1', '127.8.0.9', '10.0.0.1', '10.0.0.2'];
    const { topology: kept, refused } = check({ nodes: [node({ addresses })] }, { '10.0.0.2': 64501 });
    expect(kept.nodes[0]?.addresses).toEqual(['127.1.0.1', '10.0.0.2']);
    expect(refused.map(({ what, code }) => `${code} ${what}`)).toEqual([
      'address-not-own node r1: address 127.2.0.1',
      'address-not-own node r1: address 127.8.0.9',
      'address-not-own node r1: address 10.0.0.1',
    ]);
  });

  it('lets a peering link have addresses of the neighbour or an exchange, and of nobody else', () => {
    const link = (name: string, rest: object) => ({ name, node: 'r1', neighbour: 64502, ...rest });
    const { topology: kept, refused } = check({
      peeringLinks: [
        link('a', { nearAddress: '127.1.0.1', farAddress: '127.2.0.1' }),
        link('b', { nearAddress: '127.8.0.1', farAddress: '127.8.0.2', exchange: 'xlan' }),
        link('c', { nearAddress: '127.3.0.1', farAddress: '127.2.0.3', exchange: 'elsewhere' }),
      ],
    });
    expect(kept.peeringLinks).toEqual([
      link('a', { nearAddress: '127.1.0.1', farAddress: '127.2.0.1' }),
      link('b', { nearAddress: '127.8.0.1', farAddress: '127.8.0.2', exchange: 'xlan' }),
      link('c', { farAddress: '127.2.0.3' }),
    ]);
    expect(refused.map(({ code }) => code).sort()).toEqual(['address-not-own', 'exchange-unknown']);
  });

  it('puts a peering link on an exchange only where one of its addresses is in that one’s LAN', () => {
    const exchanges = [...graphFile.exchanges, { id: 'other', name: 'O', lans: ['127.8.1.0/24'] }];
    const link = (name: string, rest: object) => ({ name, node: 'r1', neighbour: 64502, ...rest });
    const peeringLinks = [
      link('own-line', { nearAddress: '127.1.0.1', farAddress: '127.1.0.2', exchange: 'xlan' }),
      link('elsewhere', { nearAddress: '127.8.1.1', farAddress: '127.8.1.2', exchange: 'xlan' }),
      link('unnumbered', { exchange: 'xlan' }),
      link('far-only', { farAddress: '::ffff:127.8.0.2', exchange: 'xlan' }),
    ];
    const facts = {
      isp: 'sp1',
      graph: createAsGraph({ ...graphFile, exchanges }),
      originOf: () => undefined,
    };
    const { topology: kept, refused } = atOnce(withoutForeign(topology({ peeringLinks }), facts));
    expect(kept.peeringLinks.map(({ name, exchange }) => [name, exchange])).toEqual([
      ['own-line', undefined],
      ['elsewhere', undefined],
      ['unnumbered', undefined],
      ['far-only', 'xlan'],
    ]);
    expect(refused).toMatchObject(
      ['own-line', 'elsewhere', 'unnumbered'].map((name) => ({
        what: `peering link ${name}: exchange xlan`,
        code: 'exchange-without-address',
      })),
    );
  });

  it.each([
    ['alone', undefined, false],
    ['as both ends', '127.2.0.77', false],
    ['with a far end elsewhere', '127.2.0.80', false],
    ['with a far end of nobody', '10.0.0.76', false],
    ['in one /29 with its far end', '127.2.0.78', true],
  ])('takes no near end in the neighbour’s addresses but for a link: %s', (_what, farAddress, isKept) => {
    const link = { name: 'x', node: 'r1', neighbour: 64502, nearAddress: '127.2.0.77' };
    const { topology: kept } = check({ peeringLinks: [{ ...link, ...(farAddress && { farAddress }) }] });
    expect('nearAddress' in kept.peeringLinks[0]!).toBe(isKept);
  });

  it('does the same for IPv6, in one /120', () => {
    const prefixes = [...graphFile.prefixes, { prefix: '2001:db8:2::/48', asn: 64502 }];
    const facts = {
      isp: 'sp1',
      graph: createAsGraph({ ...graphFile, prefixes }),
      originOf: () => undefined,
    };
    const keeps = (farAddress: string) => {
      const link = { name: 'x', node: 'r1', neighbour: 64502, nearAddress: '2001:db8:2::1', farAddress };
      const { topology: kept } = atOnce(withoutForeign(topology({ peeringLinks: [link] }), facts));
      return kept.peeringLinks[0]?.nearAddress !== undefined;
    };
    expect([keeps('2001:db8:2::2'), keeps('2001:db8:2::1:2')]).toEqual([true, false]);
  });
});

describe('coveringAses', () => {
  it('is the longest of all prefixes that hold all of it', () => {
    // A small space, so that prefixes meet.
    const prefix = fc
      .tuple(fc.boolean(), fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 8 }))
      .map(([isIpv4, bits, length]) => {
        const first = bits - (bits % 2 ** (8 - length));
        return isIpv4 ? `${first}.0.0.0/${length}` : `${(first * 256).toString(16)}::/${length}`;
      });
    const holds = (outer: Prefix, inner: Prefix): boolean =>
      outer.family === inner.family &&
      outer.length <= inner.length &&
      outer.first <= inner.first &&
      inner.last <= outer.last;
    fc.assert(
      fc.property(
        fc.array(prefix),
        fc.uniqueArray(prefix, { selector: (text) => formatPrefix(parsePrefix(text)) }),
        (asked, known) => {
          const prefixes = asked.map(parsePrefix);
          const held = known.map((text, index) => ({ prefix: text, asn: index + 1 }));
          const expected = prefixes.map(
            (inner) =>
              held
                .map(({ prefix: text, asn }) => ({ outer: parsePrefix(text), asn }))
                .filter(({ outer }) => holds(outer, inner))
                .sort((left, right) => right.outer.length - left.outer.length)[0]?.asn,
          );
          expect(atOnce(coveringAses(prefixes, held))).toEqual(expected);
        },
      ),
    );
  });
});

describe('asConflicts', () => {
  const check = (
    parts: object,
    origins: Record<string, number> = {},
    neighbours: Record<number, number[]> = {},
  ) =>
    atOnce(
      asConflicts(topology(parts), {
        graph,
        originOf: (address) => origins[address],
        neighboursInBgp: (asn) => neighbours[asn] && new Set(neighbours[asn]),
      }),
    );
  const peeringLinks = [
    { name: 'known', node: 'r1', neighbour: 64502 },
    { name: 'new', node: 'r1', neighbour: 64510 },
  ];

  it('tells a neighbour that neither BGP nor the AS graph knows', () => {
    expect(check({ peeringLinks })).toMatchObject([
      {
        what: 'peering link new',
        code: 'neighbour-unknown',
        used: 'operator',
        declaredAsPath: [64501, 64510],
        usedAsPath: [],
      },
    ]);
    expect(check({ peeringLinks }, {}, { 64510: [64500] })).toMatchObject([{ used: 'bgp' }]);
    expect(check({ peeringLinks }, {}, { 64501: [64500, 64510] })).toEqual([]);
  });

  it('tells a prefix that BGP has from another AS', () => {
    const attachments = [{ prefix: '127.1.0.0/24', node: 'r1' }];
    expect(check({ attachments }, { '127.1.0.0': 64503 })).toMatchObject([
      {
        what: 'attachment 127.1.0.0/24',
        code: 'origin-differs',
        declaredAsPath: [64501],
        usedAsPath: [64503],
      },
    ]);
    expect(check({ attachments }, { '127.1.0.0': 64501 })).toEqual([]);
    // A more specific prefix, at its end or inside.
    for (const address of ['127.1.0.255', '127.1.0.119'])
      expect(check({ attachments }, { '127.1.0.0': 64501, [address]: 64503 })).toMatchObject([
        { code: 'origin-differs', usedAsPath: [64503] },
      ]);
  });
});

it('tells a thousand of many remarks, and how many more there are', () => {
  const remarks = Array.from({ length: 1_500 }, (_, index) => ({
    what: `${index}`,
    code: 'c',
    message: 'm',
  }));
  expect(toldRemarks(remarks)).toHaveLength(1_001);
  expect(toldRemarks(remarks).at(-1)).toMatchObject({ code: 'and-more', what: '500 more' });
  expect(toldRemarks(remarks.slice(0, 1_000))).toHaveLength(1_000);
});
