import { componentKindOf, type Topology } from '@fairhop/shared/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AsWay, NetworkDetail, Trace } from '../knowledge.js';
import { describeWay } from './index.js';

/**
 * Random internets: the AS at position p is 64501 + p with 198.18.<p + 1>.0/24, of which .1 to .9 are routers' and .128/25 hosts';
 * 198.18.100.<p> is its interface in an exchange LAN, 198.18.200.0/21 are ASes off the path.
 */
const asnAt = (position: number): number => 64_501 + position;
const routerAddress = (position: number, router: number): string => `198.18.${position + 1}.${router + 1}`;
const hostAddress = (position: number): string => `198.18.${position + 1}.200`;
const lanAddress = (position: number): string => `198.18.100.${position + 1}`;
const foreignAddress = (which: number): string => `198.18.${200 + which}.1`;

interface Internet {
  readonly asPath: readonly number[];
  readonly topologies: readonly { isp: string; asns: number[]; topology: Topology }[];
  readonly nextHop: string | null;
  /** Sibling ASes: the first two of the path are of one ISP. */
  readonly hasSiblings: boolean;
}

const nodesPerAs = 5;

function topologyOf(positions: readonly number[], length: number): fc.Arbitrary<Topology> {
  const name = (position: number, index: number) => `n${index}.as${asnAt(position)}.example`;
  const nodes = positions.flatMap((position) =>
    Array.from({ length: nodesPerAs }, (_, index) => ({
      name: name(position, index),
      kind: index === 0 ? ('switch' as const) : ('router' as const),
      asn: asnAt(position),
      addresses: [routerAddress(position, index)],
    })),
  );
  const anyNode = fc.constantFrom(...nodes.map((node) => node.name));
  const positionOf = fc.constantFrom(...positions);
  const peering = positionOf.chain((position) =>
    fc.record(
      {
        name: fc.constantFrom('p1', 'p2', 'p3'),
        node: fc.integer({ min: 0, max: nodesPerAs - 1 }).map((index) => name(position, index)),
        neighbour: fc.constantFrom(position - 1, position + 1).map(asnAt),
        nearAddress: fc.constantFrom(lanAddress(position), routerAddress(position, 7)),
        farAddress: fc
          .constantFrom(position - 1, position + 1)
          .chain((far) => fc.constantFrom(lanAddress(far), routerAddress(Math.max(0, far), 7))),
        exchange: fc.constant('xlan'),
      },
      { requiredKeys: ['name', 'node', 'neighbour'] },
    ),
  );
  return fc.record({
    version: fc.constant(1 as const),
    nodes: fc.constant(nodes),
    internalLinks: fc.array(
      fc.record({ between: fc.tuple(anyNode, anyNode), metric: fc.integer({ min: 1, max: 5 }) }),
      { maxLength: 12 },
    ),
    peeringLinks: fc.array(peering, { maxLength: 6 }),
    attachments: fc.array(
      fc.record({
        prefix: fc.integer({ min: 0, max: length - 1 }).map((position) => `198.18.${position + 1}.128/25`),
        node: anyNode,
      }),
      { maxLength: 3 },
    ),
  });
}

const internet: fc.Arbitrary<Internet> = fc
  .record({ length: fc.integer({ min: 1, max: 5 }), hasSiblings: fc.boolean() })
  .chain(({ length, hasSiblings }) => {
    const groups = Array.from({ length }, (_, position) => [position]);
    if (hasSiblings && length > 1) groups.splice(0, 2, [0, 1]);
    return fc.record({
      asPath: fc.constant(groups.flat().map(asnAt)),
      topologies: fc
        .tuple(
          ...groups.map((positions) =>
            fc.option(
              topologyOf(positions, length).map((topology) => ({
                isp: `isp${positions[0]}`,
                asns: positions.map(asnAt),
                topology,
              })),
              { freq: 4, nil: undefined },
            ),
          ),
        )
        .map((all) => all.filter((one) => one !== undefined)),
      nextHop: fc.constantFrom(null, lanAddress(1), routerAddress(1, 7), routerAddress(0, 2), '198.18.222.9'),
      hasSiblings: fc.constant(hasSiblings && length > 1),
    });
  });

const anyAddress = fc.oneof(
  fc.tuple(fc.nat(5), fc.nat(8)).map(([position, router]) => routerAddress(position, router)),
  fc.nat(5).map(lanAddress),
  fc.nat(3).map(foreignAddress),
  fc.constantFrom('10.0.0.1', '100.64.3.1', hostAddress(0), hostAddress(1)),
);
const anyName = fc.option(
  fc.constantFrom('ge0-1.n1.as64501.example', 'n2.as64502.example', 'cr1.fra.isp3.example', '_gateway'),
  { nil: undefined },
);
const anyTrace = fc
  .array(fc.option(fc.tuple(anyAddress, anyName), { freq: 5, nil: undefined }), { maxLength: 12 })
  .map((hops) =>
    traceOf(hops.map((hop) => (hop === undefined ? undefined : { address: hop[0], name: hop[1] }))),
  );

function traceOf(hops: readonly ({ address: string; name?: string | undefined } | undefined)[]): Trace {
  return {
    type: 'path-evidence',
    transferId: '6a0cbf9e-0d0d-4c7b-9b55-0e1d8a3c0f11',
    direction: 'forward',
    tool: 'mtr',
    protocol: 'icmp',
    startMs: 0,
    endMs: 1,
    sourceAddress: hostAddress(0),
    destinationAddress: '198.18.150.1',
    reached: false,
    hops: hops.map((hop, index) => ({
      timeToLive: index + 1,
      replies: hop ? [{ ...hop, roundTripMicros: 1 }] : [],
    })),
    isTrusted: false,
  };
}

function detailOf({ topologies }: Pick<Internet, 'topologies'>, trace?: Trace): NetworkDetail {
  return {
    declaredOf: (asn) => topologies.find(({ asns }) => asns.includes(asn)),
    exchangeOf: (address) =>
      address.startsWith('198.18.100.') ? { id: 'xlan', name: 'X', lans: ['198.18.100.0/24'] } : undefined,
    asOf: (address) => {
      const [first, , third] = address.split('.').map(Number);
      return first !== 198 || third === 100 ? undefined : asnAt(third! - 1);
    },
    placeOf: () => undefined,
    traceBetween: () => trace,
  };
}

function describeIt(given: Internet, trace?: Trace, topologies = given.topologies) {
  const { asPath, nextHop, hasSiblings } = given;
  const way: AsWay = { asPath, nextHop, source: 'bgp', confidence: 100 };
  const ends = {
    source: { address: hostAddress(0), asn: asPath[0]! },
    destination: { address: hostAddress(asPath.length - 1), asn: asPath.at(-1)! },
  };
  const ispOf = (asn: number) => `isp${hasSiblings && asn === asnAt(1) ? 0 : asn - asnAt(0)}`;
  return describeWay(way, ends, detailOf({ topologies }, trace), ispOf);
}

const runs = { numRuns: 300 };

describe('any way', () => {
  it('has the AS path as its skeleton, each component once, in one order of kinds', () => {
    fc.assert(
      fc.property(
        internet,
        fc.option(anyTrace, { nil: undefined }),
        fc.boolean(),
        (given, trace, isTrusted) => {
          const { elements } = describeIt(given, trace && { ...trace, isTrusted });
          const components = elements.map(({ component }) => component);
          expect(new Set(components).size).toBe(components.length);
          const kinds = components.map((component) => componentKindOf(component));
          expect(kinds).not.toContain(undefined);
          const skeleton = components.filter((_, index) => ['as', 'link'].includes(kinds[index]!));
          expect(skeleton).toEqual(
            given.asPath.flatMap((asn, index) =>
              index === 0 ? [`as:${asn}`] : [`link:as:${asn - 1}>as:${asn}`, `as:${asn}`],
            ),
          );
          // Inside an AS lie its nodes; on a link lie the peering link, or an internal one, and the exchange.
          expect(kinds.map((kind) => letters[kind!]).join('')).toMatch(/^(A[RN]*(L[PN]?X?(?=A))?)+I+O*$/);
        },
      ),
      runs,
    );
  });

  it('bills the same whatever traces say, an edge’s too', () => {
    fc.assert(
      fc.property(internet, anyTrace, fc.boolean(), (given, trace, isTrusted) => {
        const billable = (all: ReturnType<typeof describeIt>) =>
          all.elements.filter((element) => element.billable);
        expect(billable(describeIt(given, { ...trace, isTrusted }))).toEqual(billable(describeIt(given)));
      }),
      runs,
    );
  });

  it('bills nothing below links and ISPs where nothing is declared', () => {
    fc.assert(
      fc.property(internet, anyTrace, fc.boolean(), (given, trace, isTrusted) => {
        const { elements, conflicts } = describeIt(given, { ...trace, isTrusted }, []);
        expect(conflicts).toEqual([]);
        for (const { component, billable } of elements)
          expect(billable, component).toBe(/^(as|link|isp):/.test(component));
      }),
      runs,
    );
  });

  it('is the same each time, and whatever the order in a declaration', () => {
    fc.assert(
      fc.property(internet, anyTrace, (given, trace) => {
        const first = describeIt(given, trace);
        expect(describeIt(given, trace)).toEqual(first);
        const reversed = given.topologies.map(({ topology, ...rest }) => ({
          ...rest,
          topology: {
            ...topology,
            nodes: [...topology.nodes].reverse(),
            internalLinks: [...topology.internalLinks].reverse(),
            attachments: [...topology.attachments].reverse(),
          },
        }));
        expect(describeIt(given, structuredClone(trace), reversed)).toEqual(first);
      }),
      runs,
    );
  });
});

const letters: Record<string, string> = {
  as: 'A',
  link: 'L',
  peering: 'P',
  router: 'R',
  switch: 'R',
  internal: 'N',
  ixp: 'X',
  isp: 'I',
  place: 'O',
};

describe('a way inside one declared network', () => {
  it('is a chain of declared links, and none is shorter', () => {
    fc.assert(
      fc.property(
        topologyOf([0], 1),
        fc.nat(nodesPerAs - 1),
        fc.nat(nodesPerAs - 1),
        (topology, source, target) => {
          const names = topology.nodes.map(({ name }) => name);
          const attachments = [
            { prefix: '198.18.1.200/32', node: names[source]! },
            { prefix: '198.18.1.201/32', node: names[target]! },
          ];
          const network = { isp: 'isp0', asns: [asnAt(0)], topology: { ...topology, attachments } };
          const { elements } = describeWay(
            { asPath: [asnAt(0)], source: 'declared', confidence: 100, nextHop: null },
            {
              source: { address: '198.18.1.200', asn: asnAt(0) },
              destination: { address: '198.18.1.201', asn: asnAt(0) },
            },
            detailOf({ topologies: [network] }),
            () => undefined,
          );
          const inside = elements.slice(1).map(({ component }) => component);
          const nodes = inside
            .filter((id) => /^(router|switch):/.test(id))
            .map((id) => id.replace(/^\w+:/, ''));
          const expected = leastMetric(topology, names[source]!, names[target]!);
          expect(nodes[0]).toBe(names[source]);
          expect(nodes.at(-1)).toBe(names[target]);
          if (expected === Number.POSITIVE_INFINITY) {
            expect(inside).toHaveLength(2);
            return;
          }
          const hops = nodes.slice(1).map((node, index) => [nodes[index]!, node] as const);
          expect(inside.filter((id) => id.startsWith('internal:'))).toEqual(
            hops.map(([from, to]) => `internal:${from}>${to}`),
          );
          const metrics = hops.map(([from, to]) => linkMetric(topology, from, to));
          expect(metrics.reduce((sum, metric) => sum + metric, 0)).toBe(expected);
        },
      ),
      runs,
    );
  });
});

function linkMetric({ internalLinks }: Topology, from: string, to: string): number {
  return Math.min(
    ...internalLinks
      .filter(({ between }) => between.includes(from) && between.includes(to))
      .map(({ metric }) => metric),
  );
}

/** Floyd's and Warshall's algorithm. */
function leastMetric(topology: Topology, from: string, to: string): number {
  const names = topology.nodes.map(({ name }) => name);
  const least = new Map<string, number>();
  const get = (one: string, other: string): number =>
    one === other ? 0 : (least.get(`${one} ${other}`) ?? Number.POSITIVE_INFINITY);
  for (const one of names) {
    for (const other of names) {
      if (one !== other) least.set(`${one} ${other}`, linkMetric(topology, one, other));
    }
  }
  for (const via of names) {
    for (const one of names) {
      for (const other of names)
        least.set(`${one} ${other}`, Math.min(get(one, other), get(one, via) + get(via, other)));
    }
  }
  return get(from, to);
}

describe('a true trace', () => {
  const hop = fc.record({
    kind: fc.constantFrom('own', 'own', 'own', 'silent', 'private'),
    thirdPartyAfter: fc.constantFrom(undefined, undefined, 0, 1, 2),
    isNamed: fc.boolean(),
  });
  const network = fc.record({
    hops: fc.array(hop, { minLength: 1, maxLength: 3 }),
    entersOverLan: fc.boolean(),
  });

  it('has each router that answers from its own AS in that AS, and each exchange on its link', () => {
    fc.assert(
      fc.property(fc.array(network, { minLength: 1, maxLength: 5 }), (networks) => {
        const hops: ({ address: string; name?: string } | undefined)[] = [];
        const truth = new Map<string, string[]>();
        for (const [position, { hops: routers, entersOverLan }] of networks.entries()) {
          const inside: string[] = [];
          truth.set(`as:${asnAt(position)}`, inside);
          for (const [router, { kind, thirdPartyAfter, isNamed }] of routers.entries()) {
            const address = routerAddress(position, router);
            const name = isNamed ? `ge0-${router}.r${router}.net${position}.example` : undefined;
            const isOwn = kind === 'own' || (router === 0 && entersOverLan);
            if (router === 0 && entersOverLan && position > 0) hops.push({ address: lanAddress(position) });
            if (isOwn) hops.push({ address, ...(name && { name }) });
            else hops.push(kind === 'silent' ? undefined : { address: '10.9.9.9' });
            if (isOwn) inside.push(name ? `router:r${router}.net${position}.example` : `router:${address}`);
            if (isOwn && thirdPartyAfter !== undefined)
              hops.push({ address: foreignAddress(thirdPartyAfter) });
          }
        }
        const given = {
          asPath: networks.map((_, position) => asnAt(position)),
          topologies: [],
          nextHop: null,
        };
        const { elements } = describeIt({ ...given, hasSiblings: false }, traceOf(hops));
        const found = new Map<string, string[]>();
        let inside: string[] = [];
        for (const { component } of elements) {
          const kind = componentKindOf(component);
          if (kind === 'as') {
            inside = [];
            found.set(component, inside);
          }
          if (kind === 'router' && !component.startsWith('router:198.18.100.')) inside.push(component);
        }
        expect(found).toEqual(truth);
        expect(elements.some(({ component }) => component.startsWith('router:198.18.20'))).toBe(false);
        const isOverLan = networks.map(({ entersOverLan }, position) => entersOverLan && position > 0);
        const at = elements.findIndex(({ component }) => component === 'ixp:xlan');
        if (at !== -1) {
          const entered = Number(elements[at + 1]!.component.slice('as:'.length)) - asnAt(0);
          expect(isOverLan[entered]).toBe(true);
        }
        // Where the AS before is silent, its own link may be the one over the exchange.
        const isCertain = isOverLan.some(
          (is, position) => is && truth.get(`as:${asnAt(position - 1)}`)!.length > 0,
        );
        if (isCertain) expect(at).not.toBe(-1);
      }),
      runs,
    );
  });
});
