import type { QueryResult } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import type { Dimension, KeyValue } from './group-keys.js';

/** One takes some 300 bytes; more is nothing that anybody reads. */
const maximumGroups = 500_000;

interface Group<Total> {
  readonly values: readonly KeyValue[];
  readonly total: Total;
}

/** Totals by the values of dimensions. */
export class Groups<Total> {
  readonly #groups = new Map<string, Group<Total>>();
  readonly #create: () => Total;

  constructor(create: () => Total) {
    this.#create = create;
  }

  /** The total of a group, which is made when it is new. Throws `answer-too-large`. */
  at(values: readonly KeyValue[]): Total {
    // Names have no control characters, and a number is not a name of its own dimension.
    const text = values.join('\n');
    let group = this.#groups.get(text);
    if (group === undefined) {
      if (this.#groups.size >= maximumGroups) throw answerTooLarge(`${maximumGroups} groups`);
      group = { values, total: this.#create() };
      this.#groups.set(text, group);
    }
    return group.total;
  }

  get all(): Iterable<Group<Total>> {
    return this.#groups.values();
  }
}

export const answerTooLarge = (bound: string): FairhopError =>
  new FairhopError(
    'answer-too-large',
    `the answer has more than ${bound}; a shorter time or fewer dimensions are right`,
    { status: 422 },
  );

export interface ValueOfGroup {
  readonly values: readonly KeyValue[];
  readonly value: number;
}

const textOf = ({ values }: ValueOfGroup): string => JSON.stringify(values);

/**
 * The rows of an answer: the largest groups, equal ones in the order of their keys, and what the others add up to, where values
 * of groups can be added.
 */
export function topRows(
  dimensions: readonly Dimension[],
  groups: Iterable<ValueOfGroup>,
  { limit, rowsAddUp }: { readonly limit: number; readonly rowsAddUp: boolean },
): Pick<QueryResult, 'rows' | 'other' | 'rowsAddUp'> {
  const sorted = [...groups].sort(
    (left, right) => right.value - left.value || (textOf(left) < textOf(right) ? -1 : 1),
  );
  const others = sorted.slice(limit);
  const value = rowsAddUp ? others.reduce((sum, group) => sum + group.value, 0) : null;
  return {
    rows: sorted.slice(0, limit).map((group) => ({
      key: Object.fromEntries(dimensions.map((dimension, index) => [dimension, group.values[index]!])),
      value: group.value,
    })),
    ...(others.length > 0 && { other: { groups: others.length, value } }),
    rowsAddUp,
  };
}
