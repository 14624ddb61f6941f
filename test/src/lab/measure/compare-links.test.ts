import { describe, expect, it } from 'vitest';
import { compareLinks, linkName } from './compare-links.js';

describe('comparison of links with their counters', () => {
  it('measures both directions by the busier one', () => {
    const [there, back] = [
      { from: 1, to: 2 },
      { from: 2, to: 1 },
    ];
    const compared = compareLinks(
      [there, back, { from: 1, to: 3 }],
      new Map([
        [linkName(there), { payloadBytes: 900, wireBytes: 990 }],
        [linkName(back), { payloadBytes: 0, wireBytes: 30 }],
      ]),
      new Map([
        [linkName(there), 1_000],
        [linkName(back), 40],
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
    expect(compareLinks([key], estimate, new Map())[0]!.error).toBe(1);
    expect(compareLinks([key], new Map(), new Map([[linkName(key), 5]]))[0]!.error).toBe(1);
  });
});
