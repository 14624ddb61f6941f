import { describe, expect, it } from 'vitest';
import type { AsWay, Trace } from '../knowledge.js';
import { describeIt, destination, detailOf, find, ids, traceOf } from './test-support.js';

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
