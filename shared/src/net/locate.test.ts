import { describe, expect, it } from 'vitest';
import { createAsGraph } from './as-graph.js';
import type { BgpOrigins } from './bgp/rib.js';
import { locateByPrefix } from './locate.js';

const graph = createAsGraph({
  version: 1,
  isps: [{ id: 'sp1', name: 'SP1' }],
  ases: [{ asn: 64501, name: 'SP1', isp: 'sp1' }],
  prefixes: [
    { prefix: '198.18.0.0/16', asn: 64501 },
    { prefix: '2001:db8::/32', asn: 64501 },
  ],
  links: [],
  exchanges: [{ id: 'ix1', name: 'Exchange', lans: ['198.18.99.0/24'] }],
});
const locate = (address: string, origins?: BgpOrigins) =>
  locateByPrefix(address, graph, { originsOf: () => origins });
const origins = (prefixLength: number, ...asns: number[]): BgpOrigins => ({ prefixLength, asns });

describe('where an address is by prefixes', () => {
  it.each([
    ['198.18.1.1', undefined, 'operator', 64501],
    ['198.18.1.1', origins(15, 64502), 'operator', 64501],
    ['198.18.1.1', origins(24, 64502), 'bgp', 64502],
    ['2001:db8::1', origins(48, 64502), 'bgp', 64502],
    // Nobody can tell whose it is.
    ['198.18.1.1', origins(24), 'operator', 64501],
    ['192.0.2.1', origins(8, 64502), 'bgp', 64502],
    ['198.18.99.1', origins(24, 64502), 'exchange ix1', null],
  ])('is of the longest one: %s with %j is %s’s %s', (address, known, by, asn) => {
    expect(locate(address, known)).toEqual({ asn, by, disputes: [] });
  });

  it('is not known where neither has one', () => {
    expect(locate('192.0.2.1')).toBeUndefined();
    expect(locate('192.0.2.1', origins(24))).toBeUndefined();
  });

  it('is the operator’s word, then the best route’s, where prefixes of one length differ', () => {
    const dispute = { prefix: '198.18.0.0/16', used: 'operator', asn: 64501, other: 'bgp' };
    expect(locate('198.18.1.1', origins(16, 64502, 64501, 64503))?.disputes).toEqual([
      { ...dispute, otherAsn: 64502 },
      { ...dispute, otherAsn: 64503 },
    ]);
    expect(locate('198.18.1.1', origins(16, 64501))?.disputes).toEqual([]);
    expect(locate('2001:db8:7::1', origins(48, 64502, 64503))).toEqual({
      asn: 64502,
      by: 'bgp',
      disputes: [{ prefix: '2001:db8:7::/48', used: 'bgp', asn: 64502, other: 'bgp', otherAsn: 64503 }],
    });
  });
});
