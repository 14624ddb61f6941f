import { describe, expect, it } from 'vitest';
import { compareLinks, linkName } from './compare-links.js';

describe('comparison of links with their counters', () => {
  it('measures both directions by the busier one', () => {
    const [there, back] = [
      { from: 1, to: 2 },
      { from: 2, to: 1 },
    ];
    const compared = compareLinks(
      new Map([
        [linkName(there), { payloadBytes: 900, wireBytes: 990 }],
        [linkName(back), { payloadBytes: 0, wireBytes: 30 }],
      ]),
      new Map([
        [linkName(there), 1_000],
        [linkName(back), 40],
        [linkName({ from: 1, to: 3 }), 0],
      ]),
    );
    expect(compared).toEqual([
      { ...there, accountedPayloadBytes: 900, estimatedWireBytes: 990, counterBytes: 1_000, error: 0.01 },
      { ...back, accountedPayloadBytes: 0, estimatedWireBytes: 30, counterBytes: 40, error: 0.01 },
    ]);
  });

  it('is wrong all over where something is booked that nobody counted, or counted that nobody booked', () => {
    const key = { from: 1, to: 2, peering: 'x' };
    const estimate = new Map([[linkName(key), { payloadBytes: 5, wireBytes: 5 }]]);
    const other = { from: 3, to: 2 };
    expect(compareLinks(estimate, new Map([[linkName(other), 7]]))).toEqual([
      { ...other, accountedPayloadBytes: 0, estimatedWireBytes: 0, counterBytes: 7, error: 1 },
      { ...key, accountedPayloadBytes: 5, estimatedWireBytes: 5, counterBytes: 0, error: 1 },
    ]);
  });
});
