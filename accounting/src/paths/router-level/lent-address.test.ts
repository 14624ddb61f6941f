import { expect, it } from 'vitest';
import type { DeclaredNetwork, Trace } from '../knowledge.js';
import { describeWay } from './describe-way.js';

/** AS 64502 lends AS 64501 the address .77 of their link, and has routers with .1 and, where it declares it, .77 too. */
const lent = '127.2.0.77';
const networkOf = (isp: string, asn: number, name: string, rest: object = {}): DeclaredNetwork => ({
  isp,
  asns: [asn],
  topology: {
    version: 1,
    nodes: [{ name, kind: 'router', asn, addresses: [] }],
    internalLinks: [],
    peeringLinks: [],
    attachments: [],
    ...rest,
  },
});
const sp1 = networkOf('sp1', 64501, 'expensive.sp1.example', {
  peeringLinks: [
    {
      name: 'x',
      node: 'expensive.sp1.example',
      neighbour: 64502,
      nearAddress: lent,
      farAddress: '127.2.0.78',
    },
  ],
});
const routersOf = (asPath: number[], addresses: string[], sp2?: DeclaredNetwork) => {
  const [source, destination] = asPath.map((asn) => ({ asn, address: `127.${asn - 64500}.9.9` }));
  const trace: Trace = {
    type: 'path-evidence',
    transferId: '00000000-0000-4000-8000-000000000001',
    direction: 'forward',
    tool: 'traceroute',
    protocol: 'udp',
    startMs: 0,
    endMs: 1,
    sourceAddress: source!.address,
    destinationAddress: destination!.address,
    reached: true,
    isTrusted: true,
    hops: [...addresses, destination!.address].map((address, index) => ({
      timeToLive: index + 1,
      replies: [{ address, roundTripMicros: 1 }],
    })),
  };
  const { elements } = describeWay(
    { asPath, source: 'bgp', confidence: 90, nextHop: null },
    { source: source!, destination: destination! },
    {
      declaredOf: (asn) => (asn === 64501 ? sp1 : sp2),
      exchangeOf: () => undefined,
      asOf: (address) => 64_500 + Number(address.split('.')[1]),
      placeOf: () => undefined,
      traceBetween: () => trace,
    },
    (asn) => `sp${asn - 64500}`,
  );
  const ids = elements.map(({ component }) => component);
  return (asn: number) =>
    ids
      .slice(ids.indexOf(`as:${asn}`) + 1)
      .slice(
        0,
        ids.slice(ids.indexOf(`as:${asn}`) + 1).findIndex((id) => /^(link|isp):/.test(id)),
      )
      .filter((id) => id.startsWith('router:'));
};

it('an address that the neighbour lends is the declarer’s where the way enters it', () => {
  const inside = routersOf([64502, 64501], ['127.2.0.1', lent, '127.1.0.1']);
  expect(inside(64502)).toEqual(['router:127.2.0.1']);
  expect(inside(64501)).toEqual(['router:expensive.sp1.example', 'router:127.1.0.1']);
});

it('is the neighbour’s own behind a router of the neighbour, and displaces none', () => {
  const inside = routersOf([64501, 64502], ['127.1.0.1', '127.2.0.1', lent]);
  expect(inside(64502)).toEqual(['router:127.2.0.1', `router:${lent}`]);
});

it('is the neighbour’s where that one declares it of a router', () => {
  const sp2 = networkOf('sp2', 64502, 'core.sp2.example', {
    nodes: [{ name: 'core.sp2.example', kind: 'router', asn: 64502, addresses: [lent] }],
  });
  const inside = routersOf([64502, 64501], ['127.2.0.1', lent, '127.1.0.1'], sp2);
  expect(inside(64502)).toContain('router:core.sp2.example');
});
