import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKnowledgeSpans } from './knowledge-spans.js';
import { ribHistory } from './test-support.js';

const spansOf = (times: readonly number[]) =>
  createKnowledgeSpans({
    ribs: ribHistory(),
    networks: {
      declaredOf: () => undefined,
      changes: (fromMs, toMs) => times.filter((timeMs) => timeMs > fromMs && timeMs < toMs),
      revision: 0,
    },
  });

describe('spans of knowledge', () => {
  it('have one name from one change to the next', () => {
    const times = fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 60 });
    fc.assert(
      fc.property(times, fc.nat(510), fc.nat(510), (unsorted, one, other) => {
        const sorted = unsorted.sort((left, right) => left - right);
        const spans = spansOf(sorted);
        const spanOf = (timeMs: number) => sorted.filter((changeMs) => changeMs <= timeMs).length;
        expect(spans.keyAt(one) === spans.keyAt(other)).toBe(spanOf(one) === spanOf(other));
      }),
    );
  });

  it('cut a part at few of many changes, from its first to its last ones', () => {
    const times = Array.from({ length: 10_000 }, (_, index) => 10 + index);
    const changes = spansOf(times).changes(0, 20_000);
    expect(changes).toHaveLength(16);
    expect(changes[0]).toBe(10);
    expect(changes.at(-1)).toBeGreaterThan(9_000);
    expect(spansOf([5, 7]).changes(0, 10)).toEqual([5, 7]);
  });
});
