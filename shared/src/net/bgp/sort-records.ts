import type { PrefixColumns } from './prefix-columns.js';

/** Some milliseconds' work. */
const stepsPerSlice = 1 << 17;

/**
 * Places of the records by address, then by length, then by their place in the file: a radix sort from the least digit on, because
 * a comparing sort of a million records blocks for a second. Yields between slices.
 */
export function* sortRecords(columns: PrefixColumns): Generator<void, Uint32Array> {
  const { count, words, lengths, wordsEach } = columns;
  let order = new Uint32Array(count);
  for (let index = 0; index < count; index += 1) order[index] = index;
  if (yield* isSorted(columns)) return order;
  let other = new Uint32Array(count);
  const digitOf = (record: number, digit: number): number => {
    if (digit === 0) return lengths[record]!;
    const place = digit - 1;
    const word = words[record * wordsEach + (wordsEach - 1 - (place >>> 1))]!;
    return (place & 1) === 0 ? word & 0xffff : word >>> 16;
  };
  const starts = new Uint32Array(count < 4_096 ? 0 : 0x1_0000);
  if (starts.length === 0) {
    // A table of 65,536 digits costs more than the few comparisons.
    return order.sort((left, right) => compareRecords(columns, left, right) || left - right);
  }
  for (let digit = 0; digit <= 2 * wordsEach; digit += 1) {
    starts.fill(0);
    for (let index = 0; index < count; index += 1) starts[digitOf(index, digit)]! += 1;
    yield;
    let sum = 0;
    for (let value = 0; value < starts.length; value += 1) {
      const size = starts[value]!;
      starts[value] = sum;
      sum += size;
    }
    for (let index = 0; index < count; index += 1) {
      const record = order[index]!;
      const value = digitOf(record, digit);
      other[starts[value]!] = record;
      starts[value]! += 1;
      if (index % stepsPerSlice === 0) yield;
    }
    [order, other] = [other, order];
  }
  return order;
}

/** By address, then by length. */
export function compareRecords(
  { words, lengths, wordsEach }: PrefixColumns,
  left: number,
  right: number,
): number {
  for (let word = 0; word < wordsEach; word += 1) {
    const difference = words[left * wordsEach + word]! - words[right * wordsEach + word]!;
    if (difference !== 0) return difference;
  }
  return lengths[left]! - lengths[right]!;
}

function* isSorted(columns: PrefixColumns): Generator<void, boolean> {
  for (let index = 1; index < columns.count; index += 1) {
    if (compareRecords(columns, index - 1, index) > 0) return false;
    if (index % stepsPerSlice === 0) yield;
  }
  return true;
}
