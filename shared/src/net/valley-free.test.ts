import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AsLink } from './as-graph-schema.js';
import { createAsPaths } from './valley-free.js';

const customerOf = (from: number, to: number): AsLink => ({ from, to, relationship: 'customer-of' });
const peer = (from: number, to: number): AsLink => ({ from, to, relationship: 'peer' });

/** How the route of `from` that leads to `to` was learnt: 0 from a customer, 1 from a peer, 2 from a provider. */
function routeClass(links: readonly AsLink[], from: number, to: number): number | undefined {
  for (const link of links) {
    if (link.from === from && link.to === to) return link.relationship === 'peer' ? 1 : 2;
    if (link.from === to && link.to === from) return link.relationship === 'peer' ? 1 : 0;
  }
  return undefined;
}

/** Up any number of times, across at most once, then only down. */
function isValleyFree(classes: readonly number[]): boolean {
  return /^2*1?0*$/.test(classes.join(''));
}

/**
 * The routes by the letter of the protocol: every AS tells its neighbours its best route as far as its export rule
 * lets it and chooses among what it hears, again and again until nobody changes.
 */
function routesByProtocol(asns: readonly number[], links: readonly AsLink[], destination: number) {
  let best = new Map<number, number[]>([[destination, [destination]]]);
  for (;;) {
    const next = new Map<number, number[]>([[destination, [destination]]]);
    for (const asn of asns) {
      if (asn === destination) continue;
      const heard: { learnt: number; path: number[] }[] = [];
      for (const neighbour of asns) {
        const learnt = routeClass(links, asn, neighbour);
        const path = best.get(neighbour);
        if (learnt === undefined || !path || path.includes(asn)) continue;
        const neighbourClass = path.length === 1 ? 0 : routeClass(links, neighbour, path[1]!);
        const toCustomer = learnt === 2;
        if (toCustomer || neighbourClass === 0) heard.push({ learnt, path: [asn, ...path] });
      }
      heard.sort(
        (left, right) =>
          left.learnt - right.learnt ||
          left.path.length - right.path.length ||
          left.path[1]! - right.path[1]!,
      );
      if (heard[0]) next.set(asn, heard[0].path);
    }
    if (JSON.stringify([...next]) === JSON.stringify([...best])) return best;
    best = next;
  }
}

/** Graphs without circles of providers: a customer stands after its provider in a random order of the ASes. */
const graph = fc.integer({ min: 2, max: 12 }).chain((count) =>
  fc
    .record({
      order: fc.shuffledSubarray(
        Array.from({ length: count }, (_, index) => 100 + index),
        { minLength: count, maxLength: count },
      ),
      kinds: fc.array(fc.constantFrom('none', 'none', 'none', 'customer-of', 'customer-of', 'peer'), {
        minLength: (count * (count - 1)) / 2,
        maxLength: (count * (count - 1)) / 2,
      }),
    })
    .map(({ order, kinds }) => {
      const links: AsLink[] = [];
      let pair = 0;
      for (let provider = 0; provider < count; provider += 1) {
        for (let customer = provider + 1; customer < count; customer += 1) {
          const kind = kinds[pair++]!;
          if (kind === 'customer-of') links.push(customerOf(order[customer]!, order[provider]!));
          if (kind === 'peer') links.push(peer(order[customer]!, order[provider]!));
        }
      }
      return { asns: [...order].sort((left, right) => left - right), links };
    }),
);

const pathsOf = (asns: readonly number[], links: readonly AsLink[], cacheBytes?: number) =>
  createAsPaths(
    { ases: asns.map((asn) => ({ asn })), links },
    cacheBytes === undefined ? {} : { cacheBytes },
  );

describe('createAsPaths', () => {
  const links = [
    peer(64501, 64502),
    customerOf(64501, 64500),
    customerOf(64502, 64500),
    customerOf(64503, 64502),
    customerOf(64496, 64500),
  ];
  const paths = pathsOf([64496, 64500, 64501, 64502, 64503, 64510], links);

  it.each([
    [[64501, 64502, 64503]],
    [[64503, 64502, 64501]],
    [[64496, 64500, 64502, 64503]],
    [[64496, 64500, 64501]],
    [[64501, 64502]],
    [[64501, 64500, 64496]],
  ])('leads along %j', (path) => {
    expect(paths.path(path[0]!, path.at(-1)!)).toEqual(path);
  });

  it('stays inside an AS', () => {
    expect(paths.path(64501, 64501)).toEqual([64501]);
    expect(paths.path(64510, 64510)).toEqual([64510]);
  });

  it('knows no path to or from an AS that is unknown or without links', () => {
    expect(paths.path(64501, 1)).toBeUndefined();
    expect(paths.path(1, 64501)).toBeUndefined();
    expect(paths.path(1, 1)).toBeUndefined();
    expect(paths.path(64501, 64510)).toBeUndefined();
    expect(paths.path(64510, 64501)).toBeUndefined();
  });

  it('lets no customer and no second peer carry for free', () => {
    expect(pathsOf([1, 2, 3], [customerOf(2, 1), customerOf(2, 3)]).path(1, 3)).toBeUndefined();
    expect(pathsOf([1, 2, 3], [peer(1, 2), peer(2, 3)]).path(1, 3)).toBeUndefined();
  });

  it('prefers a long way through customers to a short one through a peer or a provider', () => {
    const long = [customerOf(2, 1), customerOf(3, 2), customerOf(9, 3)];
    expect(pathsOf([], [...long, peer(1, 4), customerOf(9, 4)]).path(1, 9)).toEqual([1, 2, 3, 9]);
    const longPeer = [peer(1, 2), customerOf(3, 2), customerOf(9, 3)];
    expect(pathsOf([], [...longPeer, customerOf(1, 4), customerOf(9, 4)]).path(1, 9)).toEqual([1, 2, 3, 9]);
  });

  it('routes as the protocol would settle', () => {
    fc.assert(
      fc.property(graph, ({ asns, links: someLinks }) => {
        const somePaths = pathsOf(asns, someLinks);
        for (const destination of asns) {
          const expected = routesByProtocol(asns, someLinks, destination);
          for (const source of asns) {
            expect(somePaths.path(source, destination)).toEqual(expected.get(source));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives loop-free, valley-free paths over links, the same whatever the order of links and of questions', () => {
    fc.assert(
      fc.property(graph, fc.nat(), ({ asns, links: someLinks }, turn) => {
        const somePaths = pathsOf(asns, someLinks);
        // Room for one tree alone, so that trees are forgotten and made again.
        const middle = turn % (someLinks.length + 1);
        const turned = [...someLinks.slice(middle), ...someLinks.slice(0, middle)].map((link) =>
          link.relationship === 'peer' ? peer(link.to, link.from) : link,
        );
        const otherPaths = pathsOf([...asns].reverse(), turned, 1);
        for (const source of asns) {
          for (const destination of asns) {
            const path = somePaths.path(source, destination);
            expect(otherPaths.path(source, destination)).toEqual(path);
            if (!path) continue;
            expect(new Set(path).size).toBe(path.length);
            const classes = path.slice(1).map((asn, index) => routeClass(someLinks, path[index]!, asn));
            expect(classes).not.toContain(undefined);
            expect(isValleyFree(classes as number[])).toBe(true);
          }
        }
      }),
    );
  });

  it('finds a path wherever a valley-free one exists', () => {
    fc.assert(
      fc.property(graph, ({ asns, links: someLinks }) => {
        const somePaths = pathsOf(asns, someLinks);
        for (const source of asns) {
          const reachable = valleyFreeReach(asns, someLinks, source);
          for (const destination of asns) {
            expect(somePaths.path(source, destination) !== undefined).toBe(reachable.has(destination));
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});

/** Who can be reached by going up, then across once at most, then down. */
function valleyFreeReach(asns: readonly number[], links: readonly AsLink[], source: number): Set<number> {
  const seen = new Set([`${source} 2`]);
  const queue = [{ asn: source, phase: 2 }];
  for (let state = queue.pop(); state; state = queue.pop()) {
    for (const asn of asns) {
      const step = routeClass(links, state.asn, asn);
      if (step === undefined || step > state.phase || (step === 1 && state.phase === 1)) continue;
      const phase = step === 2 ? 2 : 0;
      if (!seen.has(`${asn} ${phase}`)) {
        seen.add(`${asn} ${phase}`);
        queue.push({ asn, phase });
      }
    }
  }
  return new Set([...seen].map((key) => Number(key.split(' ')[0])));
}
