import { linkId } from '@fairhop/shared/model';
import { describe, expect, it } from 'vitest';
import { paths, places, sp1, sp1Elsewhere, sp1Other, sp2, sp3, unlisted } from './fixture.js';
import { costClass, createPathCosts } from './path-costs.js';

const networkOf = (place: (typeof places)[number]) => ({ ...place, id: places.indexOf(place) });

describe('path costs', () => {
  it('orders by place, AS, ISP, country and hops', () => {
    const costOf = createPathCosts(paths, new Set());
    const to = networkOf(sp1);
    const costs = [sp1, sp1Elsewhere, sp1Other, sp2, sp3, unlisted].map((place) =>
      costOf(networkOf(place), to),
    );
    expect(costs).toEqual([
      costClass.sameAsAndPlace,
      costClass.sameAs,
      costClass.sameIsp,
      costClass.adjacentInCountry,
      costClass.oneHop + 1,
      costClass.unknownPath,
    ]);
    const abroad = networkOf({ ...sp2, country: 'ES' });
    expect(createPathCosts(paths, new Set())(abroad, to)).toBe(costClass.oneHop);
  });

  it('forbids a link in its own direction, on the whole path', () => {
    const costOf = createPathCosts(paths, new Set([linkId(64502, 64501)]));
    expect(costOf(networkOf(sp3), networkOf(sp1))).toBeUndefined();
    expect(costOf(networkOf(sp2), networkOf(sp1))).toBeUndefined();
    expect(costOf(networkOf(sp2), networkOf(sp1Other))).toBeUndefined();
    expect(costOf(networkOf(sp1), networkOf(sp3))).toBe(costClass.oneHop + 1);
    expect(costOf(networkOf(sp1Elsewhere), networkOf(sp1))).toBe(costClass.sameAs);
  });

  it('does not use an unknown path while some link is forbidden', () => {
    const costOf = createPathCosts(paths, new Set([linkId(1, 2)]));
    expect(costOf(networkOf(unlisted), networkOf(sp1))).toBeUndefined();
    expect(costOf(networkOf(sp2), networkOf(sp1))).toBe(costClass.adjacentInCountry);
  });
});
