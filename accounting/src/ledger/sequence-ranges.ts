/** Closed range of sequence numbers. */
export interface SequenceRange {
  first: number;
  last: number;
}

/** Sequence numbers received from one reporter, as few ascending ranges that neither touch nor overlap. */
export interface SequenceRanges {
  /** False when it was there before. */
  add(sequence: number): boolean;
  has(sequence: number): boolean;
  /** True when `sequence` would only lengthen a range. */
  touches(sequence: number): boolean;
  readonly ranges: readonly Readonly<SequenceRange>[];
}

export function createSequenceRanges(initial: readonly Readonly<SequenceRange>[] = []): SequenceRanges {
  const ranges: SequenceRange[] = initial.map(({ first, last }) => ({ first, last }));

  /** Index of the last range that begins at or before `sequence`, -1 when there is none. */
  const indexBefore = (sequence: number): number => {
    // Reporters count up, so it is nearly always the last one.
    if (ranges.length > 0 && ranges[ranges.length - 1]!.first <= sequence) return ranges.length - 1;
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ranges[middle]!.first <= sequence) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };
  const has = (sequence: number): boolean => {
    const before = ranges[indexBefore(sequence)];
    return before !== undefined && sequence <= before.last;
  };
  return {
    ranges,
    has,
    touches: (sequence) => has(sequence - 1) || has(sequence + 1),
    add(sequence) {
      const index = indexBefore(sequence);
      const before = ranges[index];
      if (before !== undefined && sequence <= before.last) return false;
      const after = ranges[index + 1];
      const touchesBefore = before !== undefined && before.last + 1 === sequence;
      const touchesAfter = after !== undefined && after.first - 1 === sequence;
      if (touchesBefore && touchesAfter) {
        before.last = after.last;
        ranges.splice(index + 1, 1);
      } else if (touchesBefore) before.last = sequence;
      else if (touchesAfter) after.first = sequence;
      else ranges.splice(index + 1, 0, { first: sequence, last: sequence });
      return true;
    },
  };
}
