import { asId, linkId } from '@fairhop/shared/model';
import { describe, expect, it } from 'vitest';
import { paths, places, sp1, sp1Elsewhere, sp1Other, sp2, sp3, unlisted } from './fixture.js';
import { costClass, createPathCosts, type SelectionPaths } from './path-costs.js';

const networkOf = (place: (typeof places)[number]) => ({ ...place, id: places.indexOf(place) });
const costsWith = (input: { paths?: SelectionPaths; closed?: ReadonlySet<string> } = {}) =>
  createPathCosts(input.paths ?? paths, input.closed ?? new Set());

describe('costs by AS hops', () => {
  it('are in order of place, AS, ISP, country and hops', () => {
    const costOf = costsWith();
    const to = networkOf(sp1);
    const costs = [sp1, sp1Elsewhere, sp1Other, sp2, sp3, unlisted].map((place) =>
      costOf(networkOf(place), to),
    );
    expect(costs).toEqual([
      { costClass: costClass.sameAsAndPlace, basis: 'on-net' },
      { costClass: costClass.sameAs, basis: 'on-net' },
      { costClass: costClass.sameIsp, basis: 'on-net' },
      { costClass: costClass.adjacentInCountry, basis: 'inferred' },
      { costClass: costClass.oneHop + 1, basis: 'inferred' },
      { costClass: costClass.unknownPath, basis: 'unknown' },
    ]);
    const abroad = networkOf({ ...sp2, country: 'ES' });
    expect(costOf(abroad, to)?.costClass).toBe(costClass.oneHop);
  });

  it('tell where the path is from', () => {
    const costOf = costsWith({
      paths: { ...paths, basis: (source) => (source === 64502 ? 'bgp' : 'inferred') },
    });
    expect(costOf(networkOf(sp2), networkOf(sp1))?.basis).toBe('bgp');
    expect(costOf(networkOf(sp3), networkOf(sp1))?.basis).toBe('inferred');
  });

  it('are none over a closed link, in its own direction, on the whole path', () => {
    const costOf = costsWith({ closed: new Set([linkId(64502, 64501)]) });
    expect(costOf(networkOf(sp3), networkOf(sp1))).toBeUndefined();
    expect(costOf(networkOf(sp2), networkOf(sp1))).toBeUndefined();
    expect(costOf(networkOf(sp2), networkOf(sp1Other))).toBeUndefined();
    expect(costOf(networkOf(sp1), networkOf(sp3))?.costClass).toBe(costClass.oneHop + 1);
    expect(costOf(networkOf(sp1Elsewhere), networkOf(sp1))?.costClass).toBe(costClass.sameAs);
  });

  it('are none through a closed AS, nor within it', () => {
    const costOf = costsWith({ closed: new Set([asId(64502)]) });
    expect(costOf(networkOf(sp3), networkOf(sp1))).toBeUndefined();
    expect(costOf(networkOf(sp1), networkOf(sp2))).toBeUndefined();
    expect(costOf(networkOf(sp2), networkOf(sp2))).toBeUndefined();
    expect(costOf(networkOf(sp1Elsewhere), networkOf(sp1))?.costClass).toBe(costClass.sameAs);
  });

  it('on an unknown path are those of an open one while what is closed is at neither end', () => {
    const to = networkOf(sp1);
    const unconnected = networkOf({ asn: 64599, isp: 'sp1', country: 'PT' });
    const elsewhere = costsWith({ closed: new Set([linkId(64503, 64502)]) });
    expect(elsewhere(networkOf(unlisted), to)?.costClass).toBe(costClass.unknownPath);
    expect(elsewhere(unconnected, to)).toEqual({ costClass: costClass.sameIsp, basis: 'on-net' });
    for (const [source, destination] of [
      [networkOf(unlisted), to],
      [to, networkOf(unlisted)],
      [unconnected, to],
    ] as const)
      expect(costsWith({ closed: new Set([asId(sp1.asn)]) })(source, destination)).toBeUndefined();
  });
});
