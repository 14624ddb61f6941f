import { createAsGraph } from '@fairhop/shared/net';
import { describe, expect, it } from 'vitest';
import { demoGraph } from '../fixture/service.js';
import type { PathKnowledge } from './knowledge.js';
import { createPathResolver, type ResolvedWay } from './path-resolver.js';
import { knowledgeOf, ribHistory, ribOf } from './test-support.js';

const failing = (error: unknown): never => {
  throw error;
};
const resolverOf = (file: unknown, knowledge: Partial<PathKnowledge> = {}) =>
  createPathResolver({
    graph: createAsGraph(file),
    knowledge: knowledgeOf(knowledge),
    furtherAsnSources: [],
    onSourceError: failing,
  });
const componentsOf = ({ path }: ResolvedWay) => path?.elements.map(({ component }) => component);

describe('path resolver', () => {
  it('gives AS, link, AS, …, then the ISPs, in the direction of the bytes', async () => {
    const way = await resolverOf(demoGraph).resolve('127.1.0.5', '127.3.0.7', 0);
    const { source, destination, path } = way;
    expect(source).toEqual({ asn: 64501, isp: 'sp1' });
    expect(destination).toEqual({ asn: 64503, isp: 'sp3' });
    expect(componentsOf(way)).toEqual([
      'as:64501',
      'link:as:64501>as:64502',
      'as:64502',
      'link:as:64502>as:64503',
      'as:64503',
      'isp:sp1',
      'isp:sp2',
      'isp:sp3',
    ]);
    expect(path?.asPath).toEqual([64501, 64502, 64503]);
    expect(path?.id).toMatch(/^path:[0-9a-f]{64}$/);
  });

  it('stays inside one AS, where there is one', async () => {
    const way = await resolverOf(demoGraph).resolve('127.1.0.5', '127.1.200.1', 0);
    expect(componentsOf(way)).toEqual(['as:64501', 'isp:sp1']);
  });

  it('leaves unattributed what begins or ends outside every prefix, or has no way between', async () => {
    const resolver = resolverOf(demoGraph);
    expect(await resolver.resolve('10.0.0.1', '127.1.0.1', 0)).toEqual({
      source: { asn: null, isp: null },
      destination: { asn: 64501, isp: 'sp1' },
      path: null,
      conflicts: [],
    });
    expect((await resolver.resolve('127.1.0.1', '127.9.0.1', 0)).path).toBeNull();
  });

  it('asks further sources for addresses outside the operator’s prefixes, and survives their failure', async () => {
    const errors: unknown[] = [];
    const resolver = createPathResolver({
      graph: createAsGraph(demoGraph),
      knowledge: knowledgeOf(),
      furtherAsnSources: [
        { name: 'broken', lookup: () => Promise.reject(new Error('down')) },
        {
          name: 'further',
          lookup: (address) => ({ asn: address === '192.0.2.1' ? 65010 : 64501, source: 'further' }),
        },
      ],
      onSourceError: (_error, source) => errors.push(source),
    });
    const way = await resolver.resolve('192.0.2.1', '192.0.2.1', 0);
    expect(way.source).toEqual({ asn: 65010, isp: null });
    expect(componentsOf(way)).toEqual(['as:65010']);
    expect(errors).toContain('broken');
  });

  it('asks again what a source could not tell while it was down', async () => {
    let isUp = false;
    const lookup = () => {
      if (!isUp) throw new Error('down');
      return { asn: 64501, source: 'moody' };
    };
    const resolver = createPathResolver({
      graph: createAsGraph(demoGraph),
      knowledge: knowledgeOf(),
      furtherAsnSources: [{ name: 'moody', lookup }],
      onSourceError: () => undefined,
    });
    expect((await resolver.resolve('192.0.2.1', '127.1.0.1', 0)).path).toBeNull();
    isUp = true;
    expect((await resolver.resolve('192.0.2.1', '127.1.0.1', 0)).path?.asPath).toEqual([64501]);
  });

  it('gives the same path for as long as the same networks carry it, another when one changes hands', async () => {
    const before = await resolverOf(demoGraph).resolve('127.1.0.5', '127.2.0.7', 0);
    const again = await resolverOf(structuredClone(demoGraph)).resolve('127.1.9.9', '127.2.9.9', 0);
    expect(again.path?.id).toBe(before.path?.id);
    const sold = structuredClone(demoGraph);
    sold.ases[3]!.isp = 'sp3';
    expect((await resolverOf(sold).resolve('127.1.0.5', '127.2.0.7', 0)).path?.id).not.toBe(before.path?.id);
  });
});

it('goes on with the next trace where one is gone', async () => {
  const trace = {
    type: 'path-evidence',
    transferId: '00000000-0000-4000-8000-000000000001',
    direction: 'forward',
    tool: 'mtr',
    protocol: 'icmp',
    startMs: 0,
    endMs: 1,
    sourceAddress: '127.1.0.5',
    destinationAddress: '127.2.0.9',
    reached: false,
    hops: [{ timeToLive: 1, replies: [{ address: '127.1.0.1', roundTripMicros: 1 }] }],
    isTrusted: false,
  } as const;
  const traces = {
    tracesBetween: () => [
      { id: 2, startMs: 0 },
      { id: 1, startMs: 0 },
    ],
    trace: (id: number) => (id === 1 ? { ...trace, hops: [...trace.hops] } : undefined),
  };
  const way = await resolverOf(demoGraph, { traces: traces as unknown as PathKnowledge['traces'] }).resolve(
    '127.1.0.5',
    '127.2.0.9',
    0,
  );
  expect(componentsOf(way)).toContain('router:127.1.0.1');
});

describe('an explanation', () => {
  it('tells what each source said, and equals what is booked', async () => {
    const ribs = ribHistory({ 0: ribOf({ '127.2.0.0/16': [[64501, 64500, 64502]] }) });
    const resolver = resolverOf(demoGraph, { ribs });
    const { path } = await resolver.resolve('127.1.0.5', '127.2.0.9', 7);
    const explained = await resolver.explain('::ffff:127.1.0.5', '127.2.0.9', 7);
    expect(explained).toMatchObject({
      sourceAs: 64501,
      sourceIsp: 'sp1',
      destinationAs: 64502,
      destinationIsp: 'sp2',
      timeMs: 7,
      path: { id: path!.id, asPath: path!.asPath, elements: path!.elements },
      // That policy allows another way is no contradiction.
      conflicts: [],
    });
    expect(explained.trail).toEqual([
      '127.1.0.5: AS 64501, says operator',
      '127.2.0.9: AS 64502, says operator',
      'declared: knows no way',
      'bgp: 64501 64500 64502, 100 %; used',
      'inferred: 64501 64502, 50 %',
      'traceroute: none between these networks was made on this way near this time',
    ]);
    const unknown = await resolver.explain('203.0.113.1', '127.2.0.9', 7);
    expect(unknown).toMatchObject({ sourceAs: null, path: null });
    expect(unknown.trail[0]).toBe('203.0.113.1: no AS, says nobody');
    expect((await resolver.explain('127.1.0.5', '127.9.0.1', 7)).path).toBeNull();
  });
});
