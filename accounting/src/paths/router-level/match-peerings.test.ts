import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DeclaredIndex, DeclaredPeering } from './declared-index.js';
import { type MatchedPeering, matchPeerings } from './match-peerings.js';

const peering = (changes: Partial<DeclaredPeering> = {}): DeclaredPeering => ({
  ...{ name: 'p', node: 0, nearAddress: undefined, farAddress: undefined, exchange: undefined },
  ...changes,
});
const nodesOf = (nodes: Readonly<Record<string, number>>) =>
  ({ nodeOfAddress: (address: string) => nodes[address] }) as unknown as DeclaredIndex;

/** The same by definition: each of ours with the first of theirs that fits. */
function compareAll(
  ours: readonly DeclaredPeering[],
  theirs: readonly DeclaredPeering[],
  far: DeclaredIndex,
): MatchedPeering[] {
  const differ = (one?: string, other?: string) => one !== undefined && other !== undefined && one !== other;
  const isEqual = (one?: string, other?: string) => one !== undefined && one === other;
  const rules: ((our: DeclaredPeering, their: DeclaredPeering) => boolean)[] = [
    (our, their) =>
      isEqual(our.farAddress, their.nearAddress) ||
      isEqual(our.nearAddress, their.farAddress) ||
      (our.farAddress !== undefined && far.nodeOfAddress(our.farAddress) === their.node),
    (our, their) => our.name.toLowerCase() === their.name.toLowerCase(),
    () => ours.length === 1 && theirs.length === 1,
  ];
  const [left, rest] = [new Set(ours), new Set(theirs)];
  const matched: MatchedPeering[] = [];
  for (const rule of rules)
    for (const our of left) {
      const their = [...rest].find(
        (one) =>
          !differ(our.nearAddress, one.farAddress) &&
          !differ(our.farAddress, one.nearAddress) &&
          rule(our, one),
      );
      if (their === undefined) continue;
      left.delete(our);
      rest.delete(their);
      matched.push({ our, their });
    }
  return [...matched, ...[...left].map((our) => ({ our })), ...[...rest].map((their) => ({ their }))];
}

it('matches by addresses, then by names, then what is alone, and nothing that contradicts itself', () => {
  // A small space, so that links meet.
  const address = fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined });
  const peerings = fc.uniqueArray(
    fc
      .record({
        name: fc.constantFrom('p', 'P', 'q', 'r', 's', 't', 'u'),
        node: fc.integer({ min: 0, max: 2 }),
        nearAddress: address,
        farAddress: address,
      })
      .map(peering),
    { maxLength: 6, selector: ({ name }) => name.toLowerCase() },
  );
  const nodes = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 2 }));
  fc.assert(
    fc.property(peerings, peerings, nodes, (ours, theirs, node) => {
      const far = nodesOf(node);
      expect(matchPeerings(ours, theirs, far)).toEqual(compareAll(ours, theirs, far));
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  ['without addresses', () => ({})],
  [
    'to one router, with other addresses',
    (side: string, index: number) => ({ nearAddress: `${side}${index}` }),
  ],
  ['on lines that nobody else knows', (side: string, index: number) => ({ farAddress: `${side}${index}` })],
])('looks at each of many links a few times only: %s', (_what, addressesOf) => {
  const count = 2_000;
  let reads = 0;
  const links = (side: string) =>
    Array.from({ length: count }, (_, index): DeclaredPeering => {
      const whole = peering({ name: `${side}${index}`, ...addressesOf(side, index) });
      return new Proxy(whole, {
        get(target, key, receiver) {
          reads += 1;
          return Reflect.get(target, key, receiver);
        },
      });
    });
  const far = { nodeOfAddress: () => 0 } as unknown as DeclaredIndex;
  matchPeerings(links('a'), links('b'), far);
  expect(reads).toBeLessThan(100 * count);
});
