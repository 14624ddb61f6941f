import type { Query } from '@fairhop/shared/contract';
import { InvalidArgumentError } from 'commander';

type Dimension = Query['groupBy'][number];

/** All of them, as the compiler checks: the schema itself is loaded only once it is needed. */
const known: Readonly<Record<Dimension, true>> = {
  ...{ sourceIsp: true, destinationIsp: true, sourceAs: true, destinationAs: true },
  ...{ sourceHost: true, destinationHost: true, sourcePlace: true, destinationPlace: true, place: true },
  ...{ component: true, owner: true, title: true, category: true, kind: true, attributed: true },
  ...{ belief: true, bin: true, hour: true, day: true, week: true, month: true },
};

const optionOf = (dimension: string): string =>
  dimension.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const byOption = new Map(Object.keys(known).map((name) => [optionOf(name), name as Dimension]));

/** `day,source-isp` or `--group-by day --group-by source-isp`. */
export function collectDimensions(text: string, before: readonly Dimension[] = []): Dimension[] {
  const named = text.split(',').map((part) => {
    const dimension = byOption.get(part.trim());
    if (dimension !== undefined) return dimension;
    const right = `one of ${[...byOption.keys()].join(', ')} is right`;
    throw new InvalidArgumentError(`${part.trim() || 'nothing'} groups nothing; ${right}.`);
  });
  return [...before, ...named];
}
