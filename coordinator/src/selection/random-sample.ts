import type { IndexedSet } from '../swarm/indexed-set.js';
import type { SeededRandom } from './seeded-random.js';

/** Tries for each element wanted before the rest is looked for in a row. */
const TRIES_PER_ELEMENT = 4;
/** Elements looked at in a row when most of a set is refused: bounds the time of one draw. */
const MAX_SCAN = 512;

/**
 * Up to `limit` accepted elements of several sets, uniformly drawn without replacement, in the order drawn. Takes time in
 * the order of `limit`, not of the sets; where nearly all is refused, some of what would be accepted may be missed.
 * `accept` is asked once for an element.
 */
export function drawSample<Element>(
  sets: readonly IndexedSet<Element>[],
  limit: number,
  accept: (element: Element) => boolean,
  random: SeededRandom,
): Element[] {
  let total = 0;
  for (const set of sets) total += set.size;
  if (limit <= 0 || total === 0) return [];
  return total <= limit * 2 + 16
    ? shuffledSample(sets, limit, accept, random)
    : probedSample(sets, total, limit, accept, random);
}

function shuffledSample<Element>(
  sets: readonly IndexedSet<Element>[],
  limit: number,
  accept: (element: Element) => boolean,
  random: SeededRandom,
): Element[] {
  const pool: Element[] = [];
  for (const set of sets) for (const element of set.elements) pool.push(element);
  const drawn: Element[] = [];
  // Fisher and Yates, only as far as it is needed.
  for (let index = 0; index < pool.length && drawn.length < limit; index += 1) {
    const other = index + random.below(pool.length - index);
    const element = pool[other]!;
    pool[other] = pool[index]!;
    if (accept(element)) drawn.push(element);
  }
  return drawn;
}

function probedSample<Element>(
  sets: readonly IndexedSet<Element>[],
  total: number,
  limit: number,
  accept: (element: Element) => boolean,
  random: SeededRandom,
): Element[] {
  const elementAt = indexOver(sets);
  const seen = new Set<number>();
  const drawn: Element[] = [];
  const look = (index: number): void => {
    if (seen.has(index)) return;
    seen.add(index);
    const element = elementAt(index);
    if (accept(element)) drawn.push(element);
  };
  for (let tries = limit * TRIES_PER_ELEMENT; tries > 0 && drawn.length < limit; tries -= 1)
    look(random.below(total));
  if (drawn.length === limit) return drawn;
  const start = random.below(total);
  for (let step = 0; step < Math.min(total, MAX_SCAN) && drawn.length < limit; step += 1)
    look((start + step) % total);
  return drawn;
}

/** The sets as one list. */
function indexOver<Element>(sets: readonly IndexedSet<Element>[]): (index: number) => Element {
  const ends = new Int32Array(sets.length);
  let end = 0;
  for (let index = 0; index < sets.length; index += 1) {
    end += sets[index]!.size;
    ends[index] = end;
  }
  return (index) => {
    let low = 0;
    let high = ends.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ends[middle]! > index) high = middle;
      else low = middle + 1;
    }
    return sets[low]!.elements[index - (ends[low]! - sets[low]!.size)]!;
  };
}
