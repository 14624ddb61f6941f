import type { Topology } from '@fairhop/shared/model';
import { describe, expect, it } from 'vitest';
import { describeWay } from './index.js';
import {
  describeIt,
  detailOf,
  find,
  ids,
  node,
  peering,
  source,
  sp1,
  sp2,
  traceOf,
  way,
} from './test-support.js';

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
