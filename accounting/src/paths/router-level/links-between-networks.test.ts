import type { Topology } from '@fairhop/shared/model';
import { describe, expect, it } from 'vitest';
import { describeWay } from './index.js';
import {
  describeIt,
  detailOf,
  find,
  ids,
  ispOf,
  node,
  peering,
  source,
  sp1,
  sp2,
  traceOf,
  way,
} from './test-support.js';

describe('a way from one declared network to the next', () => {
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
          : [expect.stringMatching(/ISP sp1 declared has no link .* over exchange xlan, .* 198\.18\.100\.9/)],
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

  it('believes the addresses of a declared link that it is over no exchange', () => {
    const direct = { ...sp1, peeringLinks: [sp1.peeringLinks[1]!] };
    const trace = traceOf(['198.18.1.1', '198.18.100.2', '198.18.2.3']);
    expect(ids(describeIt(detailOf({ sp1: direct }, trace)))).not.toContain('ixp:xlan');
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
});
