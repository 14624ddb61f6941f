import { createAsGraph } from '@fairhop/shared/net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { demoGraph } from '../fixture/service.js';
import type { DeclaredNetwork, PathKnowledge, Trace } from './knowledge.js';
import { createPathResolver, type PathResolver } from './path-resolver.js';
import { declaredNetworks, knowledgeOf, ribHistory, ribOf, tracesOf } from './test-support.js';

const [SP1, SP2, SP3, BACKBONE] = [64501, 64502, 64503, 64500] as const;
/** Two more ASes of SP1: 64504, and 64505 that only its declaration knows a way to. */
const [NORTH, SOUTH] = [64504, 64505] as const;
const graphFile = {
  ...demoGraph,
  ases: [
    ...demoGraph.ases,
    { asn: NORTH, name: 'SP1 north', isp: 'sp1' },
    { asn: SOUTH, name: 'SP1 south', isp: 'sp1' },
  ],
  prefixes: [
    ...demoGraph.prefixes,
    { prefix: '127.4.0.0/16', asn: NORTH },
    { prefix: '127.5.0.0/16', asn: SOUTH },
  ],
  links: [...demoGraph.links, { from: NORTH, to: SP1, relationship: 'customer-of' }],
  exchanges: [{ id: 'xlan', name: 'Exchange', lans: ['127.2.99.0/24'] }],
};
const graph = createAsGraph(graphFile);

const resolverOf = (knowledge: Partial<PathKnowledge>): PathResolver =>
  createPathResolver({
    graph,
    knowledge: knowledgeOf(knowledge),
    furtherAsnSources: [],
    onSourceError: (error) => {
      throw error;
    },
  });

const declaration = (asns: readonly number[], topology: Partial<DeclaredNetwork['topology']>) => ({
  isp: 'sp1',
  asns,
  topology: {
    version: 1 as const,
    nodes: [],
    internalLinks: [],
    peeringLinks: [],
    attachments: [],
    ...topology,
  },
});
const node = (name: string, asn: number) => ({ name, kind: 'router' as const, asn, addresses: [] });

const asPathOf = async (resolver: PathResolver, destination: string, timeMs = 0) =>
  (await resolver.resolve('127.1.0.5', destination, timeMs)).path?.asPath;

describe('the sources of ways', () => {
  it('are asked in their order: BGP before inference, with its confidence on every AS and link', async () => {
    const ribs = ribHistory({ 0: ribOf({ '127.2.0.0/16': [[SP1, BACKBONE, SP2]] }) });
    const { path, conflicts } = await resolverOf({ ribs }).resolve('127.1.0.5', '127.2.0.9', 0);
    expect(path?.asPath).toEqual([SP1, BACKBONE, SP2]);
    expect(path?.elements.slice(0, 5)).toEqual(
      ['as:64501', 'link:as:64501>as:64500', 'as:64500', 'link:as:64500>as:64502', 'as:64502'].map(
        (component) => ({ component, source: 'bgp', confidence: 100, billable: true }),
      ),
    );
    // Which of the ways that policy allows is taken, inference does not know: that is no contradiction.
    expect(conflicts).toEqual([]);
    expect(await asPathOf(resolverOf({}), '127.2.0.9')).toEqual([SP1, SP2]);
  });

  it('give way to the next one where a route does not lead from one end to the other', async () => {
    const route = (asPath: number[]) =>
      resolverOf({ ribs: ribHistory({ 0: ribOf({ '127.2.0.0/16': [asPath] }) }) });
    for (const asPath of [
      [SP1, BACKBONE],
      [SP1, BACKBONE, SP2, SP3],
      [SP1, BACKBONE, SP1, SP2],
      [BACKBONE, SP2],
    ]) {
      expect(await asPathOf(route(asPath), '127.2.0.9')).toEqual([SP1, SP2]);
    }
    const { trail } = await route([SP1, SP3]).explain('127.1.0.5', '127.2.0.9', 0);
    expect(trail.join('\n')).toMatch(
      /bgp: 64501 64503, 100 %; not used: it ends in AS 64503, not in AS 64502/,
    );
  });

  it('let an ISP say the ways between its own ASes, and nothing about others', async () => {
    const own = declaration([SP1, NORTH, SOUTH], {
      nodes: [node('a', SP1), node('b', NORTH), node('c', SOUTH)],
      internalLinks: [{ between: ['b', 'c'], metric: 10 }],
      peeringLinks: [
        { name: 'p1', node: 'a', neighbour: NORTH },
        { name: 'p2', node: 'a', neighbour: SP3 },
        { name: 'p3', node: 'a', neighbour: SP2 },
      ],
    });
    const ribs = ribHistory({
      0: ribOf({ '127.5.0.0/16': [[SP1, SOUTH]], '127.3.0.0/16': [[SP1, SP2, SP3]] }),
    });
    const resolver = resolverOf({ ribs, networks: declaredNetworks([{ fromMs: 0, network: own }]) });
    const within = await resolver.resolve('127.1.0.5', '127.5.0.1', 0);
    expect(within.path?.asPath).toEqual([SP1, NORTH, SOUTH]);
    expect(within.path?.elements[0]).toMatchObject({ source: 'declared', confidence: 100 });
    expect(within.conflicts).toMatchObject([{ used: 'declared', other: 'bgp', otherAsPath: [SP1, SOUTH] }]);
    const abroad = await resolver.resolve('127.1.0.5', '127.3.0.1', 0);
    expect(abroad.path?.asPath).toEqual([SP1, SP2, SP3]);
    expect(abroad.conflicts).toMatchObject([{ used: 'bgp', other: 'declared', otherAsPath: [SP1, SP3] }]);
    // Without a declaration, and as a declaration alone, nobody knows a way to the south.
    expect(await asPathOf(resolverOf({}), '127.5.0.1')).toBeUndefined();
  });

  it('are without route servers, which tell routes and carry no bytes', async () => {
    const server = 65_020;
    const ribs = ribHistory({
      0: ribOf({ '127.2.0.0/16': [[SP1, server, SP2]], '127.3.0.0/16': [[SP1, SP2, server, SP3]] }),
    });
    const exchanges = [{ ...graphFile.exchanges[0]!, routeServerAsns: [server] }];
    const resolver = createPathResolver({
      graph: createAsGraph({ ...graphFile, exchanges }),
      knowledge: knowledgeOf({ ribs }),
      furtherAsnSources: [],
      onSourceError: () => undefined,
    });
    expect(await asPathOf(resolver, '127.3.0.9')).toEqual([SP1, SP2, SP3]);
    const { path } = await resolver.resolve('127.1.0.5', '127.2.0.9', 0);
    expect(path?.elements.filter(({ billable }) => billable).map(({ component }) => component)).toEqual([
      ...['as:64501', 'link:as:64501>as:64502', 'as:64502', 'isp:sp1', 'isp:sp2'],
    ]);
    expect(path?.elements[1]).toMatchObject({ source: 'bgp', confidence: 100 });
    // Where it is not said to be one, it is an AS like others.
    expect(await asPathOf(resolverOf({ ribs }), '127.2.0.9')).toEqual([SP1, server, SP2]);
  });

  it('are not asked within one AS', async () => {
    const ribs = ribHistory({ 0: ribOf({ '127.1.0.0/16': [[SP1, SP2, SP1]] }) });
    const { path } = await resolverOf({ ribs }).resolve('127.1.0.5', '127.1.0.9', 0);
    expect(path?.asPath).toEqual([SP1]);
    expect(path?.elements[0]).toEqual({
      component: 'as:64501',
      source: 'operator',
      confidence: 100,
      billable: true,
    });
  });
});

describe('relationships that others tell', () => {
  it('make ways only where the operator’s links know none, less surely', async () => {
    const ribs = ribHistory({ 0: ribOf({ '198.18.0.0/16': [[65099, 65010]] }) });
    const resolver = createPathResolver({
      graph,
      knowledge: knowledgeOf({ ribs }),
      furtherAsnSources: [],
      relationships: [
        { from: 65010, to: BACKBONE, relationship: 'customer-of' },
        { from: SP1, to: SP3, relationship: 'peer' },
      ],
      onSourceError: (error) => {
        throw error;
      },
    });
    const { path } = await resolver.resolve('127.1.0.5', '198.18.0.1', 0);
    expect(path?.asPath).toEqual([SP1, BACKBONE, 65010]);
    expect(path?.elements[0]).toMatchObject({ source: 'inferred', confidence: 30 });
    const own = await asPathOf(resolverOf({}), '127.3.0.1');
    expect(own).not.toEqual([SP1, SP3]);
    expect(await asPathOf(resolver, '127.3.0.1')).toEqual(own);
  });
});

describe('where an address is', () => {
  it('say the operator’s prefixes and routes, the longest first; an exchange’s LAN is in no AS', async () => {
    const ribs = ribHistory({
      0: ribOf({
        '198.18.0.0/16': [[SP1, 65010]],
        '127.2.0.0/16': [[SP1, SP3]],
        '127.2.99.0/24': [[SP1, SP3]],
      }),
    });
    const resolver = resolverOf({ ribs });
    expect(await resolver.asnOf('127.2.0.1', 0)).toBe(SP2);
    expect(await resolver.asnOf('198.18.0.1', 0)).toBe(65010);
    expect(await resolver.asnOf('127.2.99.1', 0)).toBeNull();
    expect(await resolver.asnOf('203.0.113.1', 0)).toBeNull();
    expect(await asPathOf(resolver, '198.18.0.1')).toEqual([SP1, 65010]);
    expect((await resolver.resolve('127.1.0.5', '127.2.99.1', 0)).path).toBeNull();
  });

  it('say routes of a part of a network, so that BGP has the way there; differences are shown', async () => {
    const ribs = ribHistory({
      0: ribOf({
        '127.2.7.0/24': [[SP1, BACKBONE, SP3]],
        '127.3.0.0/16': [[SP1, BACKBONE]],
        '198.18.0.0/16': [
          [SP1, 65010],
          [SP2, 65011],
        ],
      }),
    });
    const resolver = resolverOf({ ribs });
    const part = await resolver.resolve('127.1.0.5', '127.2.7.1', 0);
    expect(part.destination).toEqual({ asn: SP3, isp: 'sp3' });
    expect(part.path?.asPath).toEqual([SP1, BACKBONE, SP3]);
    expect(part.conflicts).not.toContainEqual(expect.objectContaining({ used: 'operator' }));
    const disputed = await resolver.resolve('127.1.0.5', '127.3.0.1', 0);
    expect(disputed.destination.asn).toBe(SP3);
    expect(disputed.conflicts).toContainEqual({
      used: 'operator',
      usedAsPath: [SP3],
      other: 'bgp',
      otherAsPath: [BACKBONE],
      message: expect.stringContaining('127.3.0.0/16'),
    });
    const several = await resolver.resolve('127.1.0.5', '198.18.0.1', 0);
    expect(several.destination.asn).toBe(65010);
    expect(several.conflicts).toContainEqual(
      expect.objectContaining({ used: 'bgp', usedAsPath: [65010], other: 'bgp', otherAsPath: [65011] }),
    );
    expect(several.path?.asPath).toEqual([SP1, 65010]);
  });
});

describe('times', () => {
  const direct = ribOf({ '127.2.0.0/16': [[SP1, SP2]] });
  const around = ribOf({ '127.2.0.0/16': [[SP1, BACKBONE, SP2]] });

  it('decide what is known, whatever was asked before', async () => {
    const ribs = ribHistory({ 1000: direct, 5000000: around });
    const resolver = resolverOf({ ribs });
    const times = [5_000_000, 0, 4_999_999, 9_000_000_000, 1_000, 5_000_000];
    const paths = await Promise.all(times.map((timeMs) => asPathOf(resolver, '127.2.0.9', timeMs)));
    expect(paths.map((path) => path?.length)).toEqual([3, 2, 2, 3, 2, 3]);
    expect(resolver.changes(0, 9_000_000_000)).toEqual([5_000_000]);
    expect(resolver.changes(5_000_000, 9_000_000_000)).toEqual([]);
  });

  it('are asked anew once more is known: another dump, another declaration, a newer trace', async () => {
    const ribs = ribHistory({ 0: direct });
    const traces: Trace[] = [];
    const knowledge = knowledgeOf({
      ribs,
      traces: {
        tracesBetween: (...ends) => tracesOf(traces).tracesBetween(...ends),
        trace: (id) => traces[id - 1],
      },
    });
    const resolver = resolverOf(knowledge);
    const first = await resolver.resolve('127.1.0.5', '127.2.0.9', 100);
    expect((await resolver.resolve('127.1.0.5', '127.2.0.9', 100)).path).toBe(first.path);
    ribs.add(50, around);
    const second = await resolver.resolve('127.1.0.5', '127.2.0.9', 100);
    expect(second.path?.asPath).toEqual([SP1, BACKBONE, SP2]);
    traces.push(traceOver(['127.1.0.1', '127.2.0.1'], { startMs: 60 }));
    const third = await resolver.resolve('127.1.0.5', '127.2.0.9', 100);
    expect(third.path?.id).not.toBe(second.path?.id);
    expect(third.path?.elements.map(({ component }) => component)).toContain('router:127.1.0.1');
  });
});

const traceOver = (addresses: readonly string[], changes: Partial<Trace> = {}): Trace => ({
  type: 'path-evidence',
  transferId: '00000000-0000-4000-8000-000000000001',
  direction: 'forward',
  tool: 'traceroute',
  protocol: 'udp',
  startMs: 0,
  endMs: 1,
  sourceAddress: '127.1.0.5',
  destinationAddress: '127.2.0.9',
  reached: true,
  hops: addresses.map((address, index) => ({
    timeToLive: index + 1,
    replies: [{ address, roundTripMicros: 1_000 }],
  })),
  isTrusted: false,
  ...changes,
});

describe('a traceroute', () => {
  const routersOf = async (resolver: PathResolver, timeMs: number) =>
    (await resolver.resolve('127.1.0.5', '127.2.0.9', timeMs))
      .path!.elements.map(({ component }) => component)
      .filter((component) => component.startsWith('router:127.1'));

  it('tells of a path only while the way is the one on which it was made', async () => {
    const ribs = ribHistory({
      0: ribOf({ '127.2.0.0/16': [[SP1, SP2]] }),
      1000: ribOf({ '127.2.0.0/16': [[SP1, BACKBONE, SP2]] }),
      2000: ribOf({ '127.2.0.0/16': [[SP1, SP2]] }),
    });
    const before = traceOver(['127.1.0.1', '127.2.0.1'], { startMs: 500 });
    const during = traceOver(['127.1.0.2', '127.2.0.1'], { startMs: 1_500 });
    const resolver = resolverOf({ ribs, traces: tracesOf([before, during]) });
    for (const [timeMs, router] of [
      [600, 'router:127.1.0.1'],
      [1_200, 'router:127.1.0.2'],
      [2_500, 'router:127.1.0.1'],
    ] as const)
      expect(await routersOf(resolver, timeMs)).toEqual([router]);
    expect(await routersOf(resolverOf({ ribs, traces: tracesOf([before]) }), 1_200)).toEqual([]);
  });
});

describe('a forged traceroute', () => {
  it('makes and moves no billable element, whatever it says and whoever tells it', async () => {
    const network = declaration([SP1, NORTH, SOUTH], {
      nodes: [
        { ...node('r1', SP1), addresses: ['127.1.0.1'] },
        { ...node('r2', SP1), addresses: ['127.1.0.2'] },
        { ...node('r3', SP1), addresses: ['127.1.0.3'] },
      ],
      internalLinks: [
        { between: ['r1', 'r2'], metric: 10 },
        { between: ['r1', 'r3'], metric: 10 },
      ],
      peeringLinks: [
        { name: 'p2', node: 'r2', neighbour: BACKBONE, nearAddress: '127.1.9.1', farAddress: '127.1.9.2' },
        { name: 'p3', node: 'r3', neighbour: BACKBONE, nearAddress: '127.1.9.5', farAddress: '127.1.9.6' },
      ],
      attachments: [{ prefix: '127.1.0.0/16', node: 'r1' }],
    });
    const known = {
      ribs: ribHistory({ 0: ribOf({ '127.2.0.0/16': [[SP1, BACKBONE, SP2]] }) }),
      networks: declaredNetworks([{ fromMs: 0, network }]),
    };
    const elementsWith = async (traces: readonly Trace[]) =>
      (await resolverOf({ ...known, traces: tracesOf(traces) }).resolve('127.1.0.5', '127.2.0.9', 0)).path!
        .elements;
    const billable = (await elementsWith([])).filter((element) => element.billable);
    expect(billable.map(({ component }) => component)).toContain('link:as:64501>as:64500');
    const address = fc.constantFrom(
      ...['127.1.0.1', '127.1.0.2', '127.1.0.3', '127.1.9.2', '127.1.9.6', '127.2.0.1', '127.3.0.1'],
      ...['127.2.99.4', '10.0.0.1', '127.2.0.9', '127.0.0.1', '203.0.113.1'],
    );
    const name = fc.option(fc.constantFrom('ge-1.r3.nyc.sp1.example', 'r2', 'lax.sp2.example'), {
      nil: undefined,
    });
    const hop = fc.array(fc.record({ address, name }), { maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(fc.array(hop, { maxLength: 8 }), fc.boolean(), async (hops, isTrusted) => {
        const forged = traceOver([], {
          isTrusted,
          hops: hops.map((replies, index) => ({
            timeToLive: index + 1,
            replies: replies.map(({ name: stated, ...reply }) => ({
              ...reply,
              roundTripMicros: 100,
              ...(stated !== undefined && { name: stated }),
            })),
          })),
        });
        const elements = await elementsWith([forged]);
        expect(elements.filter((element) => element.billable)).toEqual(billable);
      }),
      { numRuns: 300 },
    );
  });
});
