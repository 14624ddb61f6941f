import type { ExplainedPath } from '@fairhop/shared/model';
import { describe, expect, it } from 'vitest';
import { internet } from '../internet.js';
import { hostOf } from '../internet-model.js';
import { nextCrossing, startOf } from '../truth/crossings.js';
import type { ForwardedPath } from '../truth/forwarded-paths.js';
import { trueElements } from '../truth/true-elements.js';
import type { ExplainedEpoch } from './epochs.js';
import { comparePaths } from './path-report.js';
import type { Trace } from './traced-routers.js';

const [source, destination] = [hostOf(internet, 'sp1-s1'), hostOf(internet, 'sp2-s1')];
const declaredAsns = new Set([64_501]);
/** Of SP1, which declared its network, and of SP2, which did not. */
const [own, others] = [
  ['sp1-bas1', 'sp1-br1'],
  ['sp2-br1', 'sp2-bas1'],
];
const way: ForwardedPath = {
  source: source.name,
  destination: destination.name,
  asPath: [64_501, 64_502],
  hops: [...own, ...others].map((router) => ({ router, asn: 1, interface: 'x', address: 'x' })),
  crossings: [
    startOf(internet, source, destination).crossing,
    nextCrossing(internet, 'sp1-bas1', 'ge0-1', '198.18.33.2').crossing,
    nextCrossing(internet, 'sp1-br1', 'ge1-0', '198.18.34.2').crossing,
    nextCrossing(internet, 'sp2-br1', 'ge0-1', '198.18.49.1').crossing,
    nextCrossing(internet, 'sp2-bas1', 'ge5-1', destination.address).crossing,
  ],
  internalLinks: [],
  switches: [],
  peerings: [],
};
/** By all routers of the way. */
const trace: Trace = {
  direction: 'forward',
  sourceAddress: source.address,
  destinationAddress: destination.address,
  startMs: 1,
  hops: ['198.18.40.1', '198.18.33.2', '198.18.34.2', '198.18.49.1'].map((address, index) => ({
    timeToLive: index + 1,
    replies: [{ address, roundTripMicros: 1 }],
  })),
};

/** What is due and named where accounting names all that it was told of when it had the traces that it knows. */
const partsOf = (traces: readonly Trace[], known: readonly string[]) => {
  const elements = trueElements(internet, way, { declaredAsns, answered: new Set(known) })
    .filter(({ isDue }) => isDue)
    .map(({ component }) => ({ component }));
  const explained = [{ path: { elements } } as ExplainedPath];
  const epochs: ExplainedEpoch[] = [{ fromMs: 0, atMs: 2, truth: [way], explained }];
  const { parts } = comparePaths(internet, epochs, { declaredAsns, traces });
  return Object.fromEntries(parts.map(({ kind, due, named }) => [kind, [named, due]]));
};

describe('parts of paths that are due', () => {
  it('are routers of others where traces told of them', () => {
    expect(partsOf([trace], others)).toMatchObject({ router: [2, 2], 'traced router': [2, 2] });
    expect(partsOf([trace], [])).toMatchObject({ router: [2, 2], 'traced router': [0, 2] });
  });

  it('are none of these where nothing is traced, whatever is declared', () => {
    expect(partsOf([], [])).toMatchObject({ router: [2, 2], 'traced router': [0, 0] });
  });
});
