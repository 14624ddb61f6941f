import type { PathElement, Topology } from '@fairhop/shared/model';
import { describe, expect, it } from 'vitest';
import type { AsWay, NetworkDetail, Trace } from '../knowledge.js';
import { describeWay } from './index.js';

/** AS 64501 and AS 64502 over an exchange and a private link, AS 64503 behind. Addresses: 198.18.<AS - 64500>.x */
const sp1: Topology = {
  version: 1,
  nodes: [
    node('bas1.sanjose.sp1.example', 64501, ['198.18.1.1'], 'router', 'us/ca/sanjose'),
    node('sw1.sanjose.sp1.example', 64501, [], 'switch', 'us/ca/sanjose'),
    node('br1.sanjose.sp1.example', 64501, ['198.18.1.2'], 'router', 'us/ca/sanjose'),
    node('br2.nyc.sp1.example', 64501, ['198.18.1.3', '198.18.1.33'], 'router'),
  ],
  internalLinks: [
    { between: ['bas1.sanjose.sp1.example', 'sw1.sanjose.sp1.example'], metric: 10 },
    { between: ['sw1.sanjose.sp1.example', 'br1.sanjose.sp1.example'], metric: 10 },
    { between: ['sw1.sanjose.sp1.example', 'br2.nyc.sp1.example'], metric: 50 },
  ],
  peeringLinks: [
    peering('xlan-1', 'br1.sanjose.sp1.example', 64502, '198.18.100.1', '198.18.100.2', 'xlan'),
    peering('private-2', 'br2.nyc.sp1.example', 64502, '198.18.2.130', '198.18.2.129'),
  ],
  attachments: [
    { prefix: '198.18.1.64/26', node: 'bas1.sanjose.sp1.example' },
    { prefix: '198.18.1.128/26', node: 'br2.nyc.sp1.example' },
  ],
};
const sp2: Topology = {
  version: 1,
  nodes: [
    node('cr1.sp2.example', 64502, ['198.18.2.1']),
    node('cr2.sp2.example', 64502, ['198.18.2.2']),
    node('cr3.sp2.example', 64502, ['198.18.2.3']),
  ],
  internalLinks: [
    { between: ['cr1.sp2.example', 'cr3.sp2.example'], metric: 10 },
    { between: ['cr2.sp2.example', 'cr3.sp2.example'], metric: 10 },
  ],
  peeringLinks: [
    peering('to-sp1-lan', 'cr1.sp2.example', 64501, '198.18.100.2', '198.18.100.1'),
    peering('to-sp1-private', 'cr2.sp2.example', 64501, '198.18.2.129'),
    peering('to-sp3', 'cr3.sp2.example', 64503),
  ],
  attachments: [{ prefix: '198.18.2.64/26', node: 'cr3.sp2.example' }],
};
const source = { address: '198.18.1.70', asn: 64501 };
const destination = { address: '198.18.3.200', asn: 64503 };
const way: AsWay = { asPath: [64501, 64502, 64503], source: 'bgp', confidence: 100, nextHop: null };
/** AS 64512 is a further one of sp2. */
const ispOf = (asn: number): string | undefined => `sp${(asn - 64500) % 10}`;

function node(
  name: string,
  asn: number,
  addresses: string[] = [],
  kind: 'router' | 'switch' = 'router',
  place?: string,
): Topology['nodes'][number] {
  return { name, kind, asn, addresses, place };
}

function peering(
  name: string,
  at: string,
  neighbour: number,
  nearAddress?: string,
  farAddress?: string,
  exchange?: string,
): Topology['peeringLinks'][number] {
  return { name, node: at, neighbour, nearAddress, farAddress, exchange };
}

function detailOf(topologies: Record<string, Topology>, trace?: Trace): NetworkDetail {
  const networks = Object.entries(topologies).map(([isp, topology]) => ({
    isp,
    asns: [...new Set(topology.nodes.map(({ asn }) => asn))],
    topology,
  }));
  return {
    declaredOf: (asn) => networks.find(({ asns }) => asns.includes(asn)),
    exchangeOf: (address) =>
      address.startsWith('198.18.100.')
        ? { id: 'xlan', name: 'X', lans: ['198.18.100.0/24'], place: 'us/ca/paloalto' }
        : undefined,
    asOf: (address) => {
      const octets = address.split('.').map(Number);
      return octets[1] === 18 && octets[2] !== 100 ? 64500 + octets[2]! : undefined;
    },
    placeOf: (address) => (address.startsWith('198.18.3.') ? { place: 'de', confidence: 60 } : undefined),
    traceBetween: () => trace,
  };
}

/** `address` or `address name`; an empty text is a silent hop. */
function traceOf(hops: string[], further: Partial<Trace> = {}): Trace {
  return {
    type: 'path-evidence',
    transferId: '6a0cbf9e-0d0d-4c7b-9b55-0e1d8a3c0f11',
    direction: 'forward',
    tool: 'traceroute',
    protocol: 'udp',
    startMs: 0,
    endMs: 1,
    sourceAddress: source.address,
    destinationAddress: destination.address,
    reached: false,
    hops: hops.map((hop, index) => {
      const [address = '', name] = hop.split(' ');
      const replies = address === '' ? [] : [{ address, ...(name && { name }), roundTripMicros: 1_000 }];
      return { timeToLive: index + 1, replies };
    }),
    isTrusted: false,
    ...further,
  };
}

const describeIt = (detail: NetworkDetail, given: Partial<AsWay> = {}, ends = { source, destination }) =>
  describeWay({ ...way, ...given }, ends, detail, ispOf);
const ids = ({ elements }: { elements: readonly PathElement[] }): string[] =>
  elements.map(({ component }) => component);
const find = ({ elements }: { elements: readonly PathElement[] }, component: string) =>
  elements.find((element) => element.component === component);

describe('a way over declared networks', () => {
  it('is routers, switches, links and the exchange in the order of travel, then ISPs, then places', () => {
    const described = describeIt(detailOf({ sp1, sp2 }));
    expect(ids(described)).toEqual([
      'as:64501',
      'router:bas1.sanjose.sp1.example',
      'internal:bas1.sanjose.sp1.example>sw1.sanjose.sp1.example',
      'switch:sw1.sanjose.sp1.example',
      'internal:sw1.sanjose.sp1.example>br1.sanjose.sp1.example',
      'router:br1.sanjose.sp1.example',
      'link:as:64501>as:64502',
      'peering:as:64501>as:64502/xlan-1',
      'ixp:xlan',
      'as:64502',
      'router:cr1.sp2.example',
      'internal:cr1.sp2.example>cr3.sp2.example',
      'router:cr3.sp2.example',
      'link:as:64502>as:64503',
      'peering:as:64502>as:64503/to-sp3',
      'as:64503',
      'isp:sp1',
      'isp:sp2',
      'isp:sp3',
      'place:us/ca/sanjose',
      'place:us/ca/paloalto',
      'place:de',
    ]);
    expect(described.conflicts).toEqual([]);
    expect(find(described, 'router:bas1.sanjose.sp1.example')).toMatchObject({
      source: 'declared',
      confidence: 100,
      billable: true,
    });
    // The nearest exit is likely, not certain.
    expect(find(described, 'peering:as:64501>as:64502/xlan-1')).toMatchObject({
      confidence: 70,
      billable: true,
    });
    expect(find(described, 'place:de')).toMatchObject({ source: 'geo', confidence: 60, billable: false });
  });

  it.each([
    ['the far end of the link', '198.18.2.129'],
    ['an address of the far router', '198.18.2.2'],
    ['a loopback of the own border router', '198.18.1.33'],
  ])('leaves where BGP says, by %s', (_, nextHop) => {
    const described = describeIt(detailOf({ sp1, sp2 }), { nextHop });
    expect(find(described, 'peering:as:64501>as:64502/private-2')).toMatchObject({ confidence: 100 });
    expect(ids(described)).toContain('router:br2.nyc.sp1.example');
    expect(ids(described)).toContain('router:cr2.sp2.example');
    expect(ids(described)).not.toContain('ixp:xlan');
    expect(ids(described)).toContain('place:us/ny/newyork');
  });

  it('tells parallel links between two routers apart by the next hop, and knows the routers where it cannot', () => {
    const parallel = {
      ...sp1,
      peeringLinks: [
        peering('one', 'br2.nyc.sp1.example', 64502, undefined, '198.18.2.2'),
        peering('two', 'br2.nyc.sp1.example', 64502, undefined, '198.18.2.129'),
      ],
    };
    const oneRouter = { ...sp2, peeringLinks: [] };
    oneRouter.nodes = sp2.nodes.map((each) =>
      each.name === 'cr2.sp2.example' ? { ...each, addresses: ['198.18.2.2', '198.18.2.129'] } : each,
    );
    const detail = detailOf({ sp1: parallel, sp2: oneRouter });
    const told = describeIt(detail, { nextHop: '198.18.2.129' });
    expect(find(told, 'peering:as:64501>as:64502/two')).toMatchObject({ confidence: 100 });
    const untold = describeIt(detail);
    const detached = describeIt(detailOf({ sp1: { ...parallel, attachments: [] }, sp2: oneRouter }));
    for (const described of [untold, detached]) {
      expect(ids(described).filter((id) => id.startsWith('peering:'))).toEqual([]);
      for (const router of ['router:br2.nyc.sp1.example', 'router:cr2.sp2.example'])
        expect(find(described, router), router).toMatchObject({ confidence: 100, billable: true });
    }
  });

  it('leaves by the nearest exit, wherever a trace says, an edge’s too', () => {
    const hops = ['198.18.1.1', '198.18.1.3', '198.18.2.129', '198.18.2.3'];
    for (const isTrusted of [true, false]) {
      const described = describeIt(detailOf({ sp1, sp2 }, traceOf(hops, { isTrusted })));
      expect(described).toEqual(describeIt(detailOf({ sp1, sp2 })));
      expect(find(described, 'peering:as:64501>as:64502/xlan-1')).toMatchObject({ billable: true });
    }
  });

  it('names none of several exits that are as near, but what a trace saw, which bills nothing', () => {
    const ends = { source: { address: '198.18.2.70', asn: 64502 }, destination: source };
    const back = { asPath: [64502, 64501] };
    const untold = describeIt(detailOf({ sp1, sp2 }), back, ends);
    expect(ids(untold).filter((id) => id.startsWith('peering:'))).toEqual([]);
    expect(ids(untold)).toContain('router:cr3.sp2.example');
    const trace = traceOf(['198.18.2.3', '198.18.2.2', '198.18.2.130', '198.18.1.1']);
    const seen = describeIt(detailOf({ sp1, sp2 }, trace), back, ends);
    expect(find(seen, 'peering:as:64502>as:64501/private-2')).toMatchObject({ billable: false });
  });

  it.each([
    ['names it', { exchange: 'xlan', nearAddress: undefined, farAddress: undefined }, true],
    ['has an address in its LAN', { nearAddress: '198.18.100.1', farAddress: '198.18.100.2' }, true],
    ['is a private one', { nearAddress: '198.18.2.130', farAddress: '198.18.2.129' }, false],
    ['says nothing', { nearAddress: undefined, farAddress: undefined }, false],
  ])(
    'sends over a declared link what BGP sends over an exchange only where the link is on it: it %s',
    (_, known, isOn) => {
      const link = { ...peering('paid', 'br2.nyc.sp1.example', 64502), ...known };
      const described = describeIt(detailOf({ sp1: { ...sp1, peeringLinks: [link] } }), {
        nextHop: '198.18.100.9',
      });
      expect(ids(described).includes('peering:as:64501>as:64502/paid')).toBe(isOn);
      expect(ids(described)).toContain('ixp:xlan');
      expect(described.conflicts.map(({ message }) => message)).toEqual(
        isOn
          ? []
          : [expect.stringMatching(/ISP sp1 declares no link .* over exchange xlan, .* 198\.18\.100\.9/)],
      );
    },
  );

  it('has one name for a link that both ends declare, whichever way the bytes go', () => {
    const back = describeWay(
      { ...way, asPath: [64502, 64501], nextHop: '198.18.2.130' },
      { source: { address: '198.18.2.70', asn: 64502 }, destination: source },
      detailOf({ sp1, sp2 }),
      ispOf,
    );
    expect(ids(back)).toContain('peering:as:64502>as:64501/private-2');
    const onlySp2 = describeWay(
      { ...way, asPath: [64502, 64501], nextHop: '198.18.2.2' },
      { source: { address: '198.18.2.70', asn: 64502 }, destination: source },
      detailOf({ sp2 }),
      ispOf,
    );
    expect(ids(onlySp2)).toContain('peering:as:64502>as:64501/to-sp1-private');
  });

  it('does not guess by which of several links bytes come in, but knows where they go on', () => {
    const described = describeIt(detailOf({ sp2 }));
    expect(ids(described).filter((id) => id.startsWith('peering:as:64501'))).toEqual([]);
    expect(ids(described)).toContain('router:cr3.sp2.example');
    expect(ids(described)).not.toContain('router:cr1.sp2.example');
  });

  it('describes what a trace says of it, and bills nothing of that', () => {
    const trace = traceOf(['198.18.1.9', '198.18.100.2', '198.18.2.3', '198.18.3.1']);
    for (const isTrusted of [false, true]) {
      const described = describeIt(detailOf({ sp2 }, { ...trace, isTrusted }));
      for (const component of ['peering:as:64501>as:64502/to-sp1-lan', 'router:cr1.sp2.example', 'ixp:xlan'])
        expect(find(described, component), component).toMatchObject({
          source: 'traceroute',
          billable: false,
        });
      expect(find(described, 'router:cr3.sp2.example')).toMatchObject({ source: 'declared', billable: true });
    }
  });

  it('bills nothing behind a link that only a trace names', () => {
    const further = {
      ...sp2,
      peeringLinks: [...sp2.peeringLinks, peering('to-sp3-too', 'cr1.sp2.example', 64503)],
      attachments: [],
    };
    const trace = traceOf(['198.18.1.9', '198.18.100.2', '198.18.3.1']);
    const described = describeIt(detailOf({ sp2: further }, trace));
    expect(find(described, 'peering:as:64502>as:64503/to-sp3-too')).toMatchObject({
      source: 'traceroute',
      billable: false,
    });
    expect(described.elements.filter(({ billable }) => billable)).toEqual(
      describeIt(detailOf({ sp2: further })).elements.filter(({ billable }) => billable),
    );
  });

  it('does not take a router for the exit when silent ones may lie behind it', () => {
    const exits = {
      ...sp1,
      peeringLinks: [
        peering('near', 'bas1.sanjose.sp1.example', 64502),
        peering('further', 'br2.nyc.sp1.example', 64502),
      ],
      attachments: [],
    };
    const chosen = (hops: string[]) =>
      ids(describeIt(detailOf({ sp1: exits }, traceOf(hops, { isTrusted: true })))).filter((id) =>
        id.startsWith('peering:'),
      );
    expect(chosen(['198.18.1.1', '198.18.2.1'])).toEqual(['peering:as:64501>as:64502/near']);
    expect(chosen(['198.18.1.1', '', '198.18.2.1'])).toEqual([]);
  });

  it('takes links for two where their ends have other addresses, and leaves out what only the far side declares', () => {
    const ours = {
      ...sp1,
      peeringLinks: [peering('x', 'br1.sanjose.sp1.example', 64502, '198.18.1.2', '198.18.2.50')],
    };
    const theirs = {
      ...sp2,
      peeringLinks: [
        peering('x', 'cr1.sp2.example', 64501, '198.18.2.51', '198.18.1.3'),
        peering('y', 'cr2.sp2.example', 64501),
      ],
    };
    const described = describeIt(detailOf({ sp1: ours, sp2: theirs }));
    expect(find(described, 'peering:as:64501>as:64502/x')).toMatchObject({ confidence: 100 });
    expect(ids(described).filter((id) => id.includes('.sp2.example'))).toEqual([]);
    const unsure = {
      ...theirs,
      peeringLinks: [peering('x', 'cr1.sp2.example', 64501), theirs.peeringLinks[1]!],
    };
    expect(ids(describeIt(detailOf({ sp1: ours, sp2: unsure })))).toContain('router:cr1.sp2.example');
  });

  it('counts nothing that an ISP says of networks that are not its own, nor what it says of two nodes', () => {
    const detail = detailOf({
      sp1: { ...sp1, nodes: [...sp1.nodes, node('cr9.sp2.example', 64502, ['198.18.2.9'])] },
    });
    const declared = detail.declaredOf(64501)!;
    const attachments = [{ prefix: '198.18.1.64/26', node: 'cr9.sp2.example' }];
    const network = { ...declared, asns: [64501], topology: { ...declared.topology, attachments } };
    const trace = traceOf(['198.18.1.1', '198.18.2.9'], { isTrusted: true });
    const own = {
      ...detail,
      declaredOf: (asn: number) => (asn === 64501 ? network : undefined),
      traceBetween: () => trace,
    };
    expect(find(describeIt(own), 'router:198.18.2.9')).toMatchObject({
      source: 'traceroute',
      billable: false,
    });
    const twice = {
      ...sp1,
      nodes: [...sp1.nodes, node('other.sp1.example', 64501, ['198.18.1.1'])],
      attachments: [],
    };
    const seen = describeIt(
      detailOf({ sp1: twice }, traceOf(['198.18.1.1', '198.18.2.9'], { isTrusted: true })),
    );
    expect(find(seen, 'router:198.18.1.1')).toMatchObject({ source: 'traceroute', billable: false });
  });

  it('is half as sure where two declared ways are equally short', () => {
    const diamond: Topology = {
      version: 1,
      nodes: ['a', 'b1', 'b2', 'c'].map((name) => node(name, 64501)),
      internalLinks: (['b1', 'b2'] as const).flatMap((middle) => [
        { between: ['a', middle] as [string, string], metric: 10 },
        { between: [middle, 'c'] as [string, string], metric: 10 },
      ]),
      peeringLinks: [],
      attachments: [
        { prefix: '198.18.1.64/26', node: 'a' },
        { prefix: '198.18.1.128/26', node: 'c' },
      ],
    };
    const ends = { source, destination: { address: '198.18.1.130', asn: 64501 } };
    const described = describeIt(detailOf({ diamond }), { asPath: [64501] }, ends);
    const confidences = described.elements.map(({ component, confidence }) => [component, confidence]);
    expect(confidences.slice(1, -1)).toEqual([
      ['router:a', 100],
      ['internal:a>b1', 50],
      ['router:b1', 50],
      ['internal:b1>c', 50],
      ['router:c', 100],
    ]);
  });

  it('believes the addresses of a declared link that it is over no exchange', () => {
    const direct = { ...sp1, peeringLinks: [sp1.peeringLinks[1]!] };
    const trace = traceOf(['198.18.1.1', '198.18.100.2', '198.18.2.3']);
    expect(ids(describeIt(detailOf({ sp1: direct }, trace)))).not.toContain('ixp:xlan');
  });

  it('knows a declared router that a trace names, in whatever letters', () => {
    const detached = {
      ...sp1,
      nodes: [node('BR9.SJC.SP1.example', 64501)],
      peeringLinks: [],
      attachments: [],
    };
    const trace = traceOf(['198.18.1.99 ge1-2.br9.sjc.sp1.example', '198.18.2.1']);
    expect(find(describeIt(detailOf({ sp1: detached }, trace)), 'router:BR9.SJC.SP1.example')).toMatchObject({
      source: 'traceroute',
      billable: false,
    });
  });

  it('shows both ends of an ISP where no declared way joins them', () => {
    const torn: Topology = {
      version: 1,
      nodes: [node('a1', 64501), node('b1', 64502), node('b2', 64502)],
      internalLinks: [{ between: ['a1', 'b1'], metric: 1 }],
      peeringLinks: [],
      attachments: [
        { prefix: '198.18.1.64/26', node: 'a1' },
        { prefix: '198.18.2.64/26', node: 'b2' },
      ],
    };
    const ends = { source, destination: { address: '198.18.2.70', asn: 64502 } };
    const described = describeIt(detailOf({ torn }), { asPath: [64501, 64502] }, ends);
    expect(ids(described).slice(0, 6)).toEqual([
      'as:64501',
      'router:a1',
      'link:as:64501>as:64502',
      'internal:a1>b1',
      'as:64502',
      'router:b1',
    ]);
    expect(ids(described)).toContain('router:b2');
    expect(described.conflicts).toEqual([]);
    // Its own declaration may not move hosts to another of its ASes.
    const moved = { ...torn, attachments: [{ prefix: '198.18.1.64/26', node: 'b2' }] };
    const kept = describeIt(detailOf({ moved }), { asPath: [64501, 64502] }, ends);
    expect(ids(kept)).not.toContain('router:b2');
    expect(kept.conflicts).toHaveLength(1);
  });

  it('says once that an ISP declares no link between two of its ASes', () => {
    const apart: Topology = {
      version: 1,
      nodes: [node('a1', 64501), node('b1', 64502)],
      internalLinks: [],
      peeringLinks: [peering('other', 'a1', 64509)],
      attachments: [],
    };
    expect(describeIt(detailOf({ apart }), { asPath: [64501, 64502] }).conflicts).toHaveLength(1);
    expect(
      describeIt(detailOf({ apart: { ...apart, peeringLinks: [] } }), { asPath: [64501, 64502] }).conflicts,
    ).toEqual([]);
  });

  it('crosses the ASes of one ISP by one shortest way, over internal links', () => {
    const both: Topology = {
      version: 1,
      nodes: [node('a1', 64501), node('a2', 64501), node('b1', 64502), node('b2', 64502), node('c1', 64503)],
      internalLinks: [
        { between: ['a1', 'a2'], metric: 5 },
        { between: ['a1', 'b1'], metric: 10 },
        { between: ['a2', 'b2'], metric: 10 },
        { between: ['b1', 'b2'], metric: 100 },
        { between: ['a1', 'c1'], metric: 1 },
        { between: ['c1', 'b2'], metric: 1 },
      ],
      peeringLinks: [],
      attachments: [
        { prefix: '198.18.1.64/26', node: 'a1' },
        { prefix: '198.18.2.64/26', node: 'b2' },
      ],
    };
    const described = describeWay(
      { ...way, asPath: [64501, 64502] },
      { source, destination: { address: '198.18.2.70', asn: 64502 } },
      detailOf({ both }),
      () => 'both',
    );
    expect(ids(described)).toEqual([
      'as:64501',
      'router:a1',
      'internal:a1>a2',
      'router:a2',
      'link:as:64501>as:64502',
      'internal:a2>b2',
      'as:64502',
      'router:b2',
      'isp:both',
    ]);
  });

  it('keeps the AS path where a declaration contradicts it, and says so', () => {
    const wrong = { ...sp1, peeringLinks: [peering('elsewhere', 'br1.sanjose.sp1.example', 64509)] };
    const described = describeIt(detailOf({ sp1: wrong, sp2: { ...sp2, attachments: [] } }));
    expect(ids(described)).toContain('link:as:64501>as:64502');
    expect(described.conflicts).toEqual([
      {
        used: 'bgp',
        usedAsPath: [64501, 64502, 64503],
        other: 'declared',
        otherAsPath: [64501],
        message:
          'ISP sp1 declares no link between AS 64501 and AS 64502, but the way leaves AS 64501 for AS 64502; the AS path is used as it is',
      },
    ]);
    const claim = { ...sp2, attachments: [{ prefix: '198.18.3.0/24', node: 'cr3.sp2.example' }] };
    const claimed = describeIt(detailOf({ sp2: claim }));
    expect(claimed.conflicts.map(({ message }) => message)).toEqual([
      'ISP sp2 declares 198.18.3.0/24 at cr3.sp2.example of AS 64502, but its addresses belong to AS 64503; that AS is used',
    ]);
    expect(ids(claimed).slice(-4, -1)).toEqual(['isp:sp1', 'isp:sp2', 'isp:sp3']);
  });
});

describe('a way that only a trace describes', () => {
  const routersOf = (trace: Trace, given: Partial<AsWay> = {}): string[] =>
    ids(describeIt(detailOf({}, trace), given)).filter((id) => /^(as|router|ixp):/.test(id));

  it('has routers by name, one for its interfaces, and places by their names', () => {
    const trace = traceOf([
      '192.168.1.1 _gateway',
      '198.18.1.1 ge5-2.bas1-m.sanjose.sp1.example',
      '198.18.1.5 ge5-3.bas1-m.sanjose.sp1.example',
      '',
      '198.18.2.9',
      '198.18.3.4 ae-1.cr1.fra2.sp3.example',
      '198.18.3.200',
    ]);
    const described = describeIt(detailOf({}, trace));
    expect(ids(described)).toEqual([
      'as:64501',
      'router:bas1-m.sanjose.sp1.example',
      'link:as:64501>as:64502',
      'as:64502',
      'router:198.18.2.9',
      'link:as:64502>as:64503',
      'as:64503',
      'router:cr1.fra2.sp3.example',
      'isp:sp1',
      'isp:sp2',
      'isp:sp3',
      'place:us/ca/sanjose',
      'place:de/he/frankfurt',
      'place:de',
    ]);
    const seen = described.elements.filter(({ source }) => source === 'traceroute');
    expect(seen).toHaveLength(5);
    expect(seen.every(({ billable }) => !billable)).toBe(true);
    expect(find(described, 'router:198.18.2.9')!.confidence).toBeLessThan(
      find(described, 'router:cr1.fra2.sp3.example')!.confidence,
    );
    const trusted = describeIt(detailOf({}, { ...trace, isTrusted: true }));
    expect(find(trusted, 'router:198.18.2.9')!.confidence).toBeGreaterThan(
      find(described, 'router:198.18.2.9')!.confidence,
    );
  });

  it.each([
    [
      'an exchange LAN is entered by the next AS',
      ['198.18.1.1', '198.18.100.2', '198.18.2.1', '198.18.3.1'],
      'as:64501 router:198.18.1.1 ixp:xlan as:64502 router:198.18.100.2 router:198.18.2.1 as:64503 router:198.18.3.1',
    ],
    [
      'a LAN that may belong to two links belongs to none',
      ['198.18.1.1', '', '198.18.100.2', '', '198.18.3.1'],
      'as:64501 router:198.18.1.1 as:64502 as:64503 router:198.18.3.1',
    ],
    [
      'a third-party address is left out',
      ['198.18.1.1', '198.18.77.1', '198.18.2.1', '198.18.3.1'],
      'as:64501 router:198.18.1.1 as:64502 router:198.18.2.1 as:64503 router:198.18.3.1',
    ],
    [
      'an address out of order is left out',
      ['198.18.1.1', '198.18.3.9', '198.18.1.2', '198.18.2.1', '198.18.2.2', '198.18.3.1'],
      'as:64501 router:198.18.1.1 router:198.18.1.2 as:64502 router:198.18.2.1 router:198.18.2.2 as:64503 router:198.18.3.1',
    ],
    [
      'the border router that the provider numbers is of the AS that names it',
      [
        '198.18.1.1 cr1.sp1.example',
        '198.18.1.130 eth0.br1.sp2.example',
        '198.18.2.1 eth1.cr1.sp2.example',
        '198.18.3.1',
      ],
      'as:64501 router:cr1.sp1.example as:64502 router:br1.sp2.example router:cr1.sp2.example as:64503 router:198.18.3.1',
    ],
    [
      'an address of the next AS is of the AS that names it',
      [
        '198.18.1.1 cr1.sp1.example',
        '198.18.2.130 br1.sp1.example',
        '198.18.2.1 cr1.sp2.example',
        '198.18.3.1',
      ],
      'as:64501 router:cr1.sp1.example router:br1.sp1.example as:64502 router:cr1.sp2.example as:64503 router:198.18.3.1',
    ],
    [
      'a name that other routers of the next AS share is of that AS',
      ['198.18.1.1', '198.18.1.130 br1.corp.example', '198.18.2.1 cr1.corp.example', '198.18.3.1'],
      'as:64501 router:198.18.1.1 as:64502 router:br1.corp.example router:cr1.corp.example as:64503 router:198.18.3.1',
    ],
    [
      'an address before the next AS with a name unlike its own AS is of neither',
      ['198.18.1.1 cr1.sp1.example', '198.18.1.130 br1.corp.example', '198.18.2.1', '198.18.3.1'],
      'as:64501 router:cr1.sp1.example as:64502 router:198.18.2.1 as:64503 router:198.18.3.1',
    ],
    [
      'an AS of the same ISP lends its addresses',
      ['198.18.1.1', '198.18.12.1', '198.18.3.1'],
      'as:64501 router:198.18.1.1 as:64502 router:198.18.12.1 as:64503 router:198.18.3.1',
    ],
    [
      'a private address with a name is of the AS of its name',
      ['198.18.1.1', '10.1.1.1 cr9.sp2.example', '198.18.3.1'],
      'as:64501 router:198.18.1.1 as:64502 router:cr9.sp2.example as:64503 router:198.18.3.1',
    ],
    [
      'a trace of another path is ignored',
      ['198.18.1.1', '198.18.77.1', '198.18.77.2', '198.18.77.3', '198.18.3.1'],
      'as:64501 as:64502 as:64503',
    ],
  ])('%s', (_, hops, expected) => {
    expect(routersOf(traceOf(hops)).join(' ')).toBe(expected);
  });

  it('takes no host for a router: neither one that answers from another address, nor the way back', () => {
    const hops = ['198.18.1.1', '198.18.2.1', '198.18.3.7'];
    expect(routersOf(traceOf(hops, { reached: true }))).not.toContain('router:198.18.3.7');
    expect(routersOf(traceOf([...hops, destination.address], { reached: true }))).toContain(
      'router:198.18.3.7',
    );
    expect(routersOf(traceOf(hops, { direction: 'reverse' }))).toEqual(['as:64501', 'as:64502', 'as:64503']);
  });

  it('knows the exchange by the next hop of BGP', () => {
    const described = describeIt(detailOf({}), { nextHop: '198.18.100.2' });
    expect(find(described, 'ixp:xlan')).toMatchObject({ source: 'bgp', confidence: 100, billable: false });
  });
});
