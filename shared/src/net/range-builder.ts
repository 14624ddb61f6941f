import type { Ipv4Ranges, Ipv6Ranges } from './range-table.js';

/**
 * Takes ranges in ascending order of their first address, which may overlap, and gives disjoint ones. Where ranges
 * overlap the one added last wins, and where it ends the one around it goes on: for prefixes, with the shorter of
 * the same first address added before the longer, that is longest match.
 */
export interface RangesBuilder<N, R> {
  /** @throws RangeError when the range is empty or begins before the one added last. */
  add(first: N, last: N, value: number): void;
  build(): R;
}

export function createIpv4RangesBuilder(maximumAdded: number): RangesBuilder<number, Ipv4Ranges> {
  const capacity = flattenedBound(maximumAdded);
  const firsts = new Uint32Array(capacity);
  const lasts = new Uint32Array(capacity);
  const values = new Uint32Array(capacity);
  let count = 0;
  const flattener = createFlattener<number>(
    (first, last, value) => {
      firsts[count] = first;
      lasts[count] = last;
      values[count] = value;
      count += 1;
    },
    (address) => address + 1,
    (address) => address - 1,
  );
  return {
    add: flattener.add,
    build() {
      flattener.finish();
      return {
        firsts: firsts.slice(0, count),
        lasts: lasts.slice(0, count),
        values: values.slice(0, count),
      };
    },
  };
}

export function createIpv6RangesBuilder(maximumAdded: number): RangesBuilder<bigint, Ipv6Ranges> {
  const capacity = flattenedBound(maximumAdded);
  const firstHighs = new BigUint64Array(capacity);
  const firstLows = new BigUint64Array(capacity);
  const lastHighs = new BigUint64Array(capacity);
  const lastLows = new BigUint64Array(capacity);
  const values = new Uint32Array(capacity);
  let count = 0;
  const flattener = createFlattener<bigint>(
    (first, last, value) => {
      // Elements of a BigUint64Array keep the low 64 bits.
      firstHighs[count] = first >> 64n;
      firstLows[count] = first;
      lastHighs[count] = last >> 64n;
      lastLows[count] = last;
      values[count] = value;
      count += 1;
    },
    (address) => address + 1n,
    (address) => address - 1n,
  );
  return {
    add: flattener.add,
    build() {
      flattener.finish();
      return {
        firstHighs: firstHighs.slice(0, count),
        firstLows: firstLows.slice(0, count),
        lastHighs: lastHighs.slice(0, count),
        lastLows: lastLows.slice(0, count),
        values: values.slice(0, count),
      };
    },
  };
}

/** Each range gives one piece, and one more for every range that begins inside it. */
function flattenedBound(maximumAdded: number): number {
  return 2 * maximumAdded;
}

interface OpenRange<N> {
  readonly last: N;
  readonly value: number;
}

function createFlattener<N extends number | bigint>(
  emit: (first: N, last: N, value: number) => void,
  next: (address: N) => N,
  previous: (address: N) => N,
) {
  /** The ranges that hold `cursor` or may hold a later address, the winning one last. */
  const open: OpenRange<N>[] = [];
  let cursor: N | undefined;
  let latestFirst: N | undefined;

  const emitUpTo = (last: N, value: number) => {
    if (cursor === undefined || cursor > last) return;
    emit(cursor, last, value);
    cursor = next(last);
  };
  const closeBefore = (first: N | undefined) => {
    for (let top = open.at(-1); top && (first === undefined || top.last < first); top = open.at(-1)) {
      emitUpTo(top.last, top.value);
      open.pop();
    }
  };
  return {
    add(first: N, last: N, value: number): void {
      if (first > last) throw new RangeError(`range ${first} to ${last} is empty`);
      if (latestFirst !== undefined && first < latestFirst) {
        throw new RangeError(`range from ${first} comes after the one from ${latestFirst}`);
      }
      closeBefore(first);
      const around = open.at(-1);
      if (around && first > 0) emitUpTo(previous(first), around.value);
      cursor = first;
      latestFirst = first;
      open.push({ last, value });
    },
    finish(): void {
      closeBefore(undefined);
    },
  };
}
