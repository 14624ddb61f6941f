import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePath, type TruePath } from './compare-paths.js';

const truth: TruePath = {
  asPath: [1, 2, 3],
  routers: [
    { name: 'a1', asn: 1 },
    { name: 'a2', asn: 1 },
    { name: 'b1', asn: 2 },
    { name: 'c1', asn: 3 },
    { name: 'c2', asn: 3 },
  ],
  peerings: [],
};
const names = new Map(truth.routers.map(({ name }) => [`${name}.example`, name]));
const compare = (asPath: number[], components: string[]) => {
  const elements = components.map((component) => ({
    component,
    source: 'traceroute' as const,
    confidence: 80,
    billable: false,
  }));
  return comparePath(truth, { path: { id: 'path:x', asPath, elements } }, (name) => names.get(name));
};

/** A path as accounting tells it, with some of its routers. */
const told = (shown: readonly boolean[]): string[] =>
  truth.asPath.flatMap((asn) => [
    `as:${asn}`,
    ...truth.routers.flatMap((router, index) =>
      router.asn === asn && shown[index] ? [`router:${router.name}.example`] : [],
    ),
  ]);
const anyShown = fc.array(fc.boolean(), { minLength: 5, maxLength: 5 });

describe('comparison of a path with the truth', () => {
  it('takes silent routers for no fault', () => {
    fc.assert(
      fc.property(anyShown, (shown) => {
        const comparison = compare([1, 2, 3], told(shown));
        expect(comparison).toMatchObject({ isAsPathExact: true, areRoutersExact: true, differences: [] });
        expect(comparison.routers).toBe(shown.filter(Boolean).length);
      }),
    );
  });

  it('sees two routers that changed places', () => {
    fc.assert(
      fc.property(anyShown, fc.nat(), fc.nat(), (shown, first, second) => {
        const components = told(shown);
        const routers = components.flatMap((component, index) => (component.startsWith('r') ? [index] : []));
        fc.pre(routers.length >= 2);
        const [one, other] = [routers[first % routers.length]!, routers[second % routers.length]!];
        fc.pre(one !== other);
        [components[one], components[other]] = [components[other]!, components[one]!];
        expect(compare([1, 2, 3], components).areRoutersExact).toBe(false);
      }),
    );
  });

  it('names what differs', () => {
    expect(compare([1, 3], ['as:1', 'as:3']).differences).toEqual([
      'the AS path is 1 2 3, accounting has 1 3',
    ]);
    expect(compare([1, 2, 3], ['as:1', 'as:2', 'router:c1.example', 'as:3']).differences).toEqual([
      'router:c1.example (c1) is of AS 3, not of AS 2',
    ]);
    expect(compare([1, 2, 3], ['as:1', 'router:x.example']).differences).toEqual([
      'router:x.example is no router',
    ]);
    expect(comparePath(truth, { path: null }, () => undefined)).toMatchObject({ isAsPathExact: false });
  });
});
