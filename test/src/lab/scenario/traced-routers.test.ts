import { expect, it } from 'vitest';
import { internet } from '../internet.js';
import { hostOf } from '../internet-model.js';
import type { ForwardedPath } from '../truth/forwarded-paths.js';
import type { Epoch } from './epochs.js';
import { type Trace, tracedRouters } from './traced-routers.js';

const way = (source: string, routers: readonly string[]): ForwardedPath => ({
  source,
  destination: 'sp2-s1',
  asPath: [],
  hops: routers.map((router) => ({ router, asn: 1, interface: 'x', address: 'x' })),
  crossings: [],
  internalLinks: [],
  switches: [],
  peerings: [],
});
const [old, other] = [
  ['sp1-bas1', 'sp2-bas1'],
  ['sp1-bas1', 'sp1-br2', 'sp2-bas1'],
];
const epochs: Epoch[] = [
  { fromMs: 0, atMs: 1, truth: [way('sp1-s1', old), way('sp1-s2', old)] },
  { fromMs: 1_000, atMs: 1_001, truth: [way('sp1-s1', other), way('sp1-s2', other)] },
];
/** By addresses of `sp1-bas1` and `sp2-bas1`. */
const trace = (startMs: number, addresses: readonly string[]): Trace => ({
  direction: 'forward',
  sourceAddress: hostOf(internet, 'sp1-s1').address,
  destinationAddress: hostOf(internet, 'sp2-s1').address,
  startMs,
  hops: addresses.map((address, index) => ({
    timeToLive: index + 1,
    replies: address === '' ? [] : [{ address, roundTripMicros: 1 }],
  })),
});
const both = ['198.18.40.1', '198.18.49.1'];
const answered = (traces: readonly Trace[], atMs = 500) => [
  ...tracedRouters(internet, traces, epochs)(epochs[atMs < 1_000 ? 0 : 1]!.truth[1]!, atMs),
];

it('are those that answered, also for neighbours of who traced', () => {
  expect(answered([trace(200, both)])).toEqual(['sp1-bas1', 'sp2-bas1']);
  expect(answered([trace(200, ['', both[1]!])])).toEqual(['sp2-bas1']);
});

it('are of no other way, and of no return', () => {
  expect(answered([trace(200, both)], 1_500)).toEqual([]);
  expect(answered([{ ...trace(200, both), direction: 'reverse' }])).toEqual([]);
  expect(answered([])).toEqual([]);
});

it('are those that answered each of several', () => {
  expect(answered([trace(200, both), trace(300, ['', both[1]!])])).toEqual(['sp2-bas1']);
});
