import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathOf } from '../ledger/test-support.js';
import { confirmedWay } from './confirmed-networks.js';

describe('confirmedWay', () => {
  it('keeps an end’s network just where the coordinator saw the same AS, or told none', () => {
    const asn = fc.option(fc.integer({ min: 1, max: 3 }));
    const seenAsn = fc.option(asn, { nil: undefined });
    fc.assert(
      fc.property(asn, asn, seenAsn, seenAsn, (sourceAsn, destinationAsn, source, destination) => {
        const end = (of: number | null) => ({ asn: of, isp: of === null ? null : `isp-${of}` });
        const isKnown = sourceAsn !== null && destinationAsn !== null;
        const way = {
          source: end(sourceAsn),
          destination: end(destinationAsn),
          path: isKnown ? pathOf([sourceAsn, destinationAsn], (of) => `isp-${of}`) : null,
          conflicts: [],
        };
        const confirmed = confirmedWay(way, { source, destination });
        const kept = (of: number | null, seen: number | null | undefined) =>
          seen === undefined || seen === of ? end(of) : end(null);
        expect(confirmed.way.source).toEqual(kept(sourceAsn, source));
        expect(confirmed.way.destination).toEqual(kept(destinationAsn, destination));
        expect(confirmed.way.path).toEqual(confirmed.mismatches.length === 0 ? way.path : null);
        expect(confirmed.mismatches).toEqual([
          ...(confirmed.way.source.asn === sourceAsn ? [] : ['source']),
          ...(confirmed.way.destination.asn === destinationAsn ? [] : ['destination']),
        ]);
      }),
    );
  });
});
