import type { DeclaredIndex, DeclaredPeering } from './declared-index.js';

/** One link as one end of it declares it, or as both do. */
export interface MatchedPeering {
  readonly our?: DeclaredPeering;
  readonly their?: DeclaredPeering;
}

/**
 * Which of the links that two neighbours declare are the same ones. What is surer is matched first: by addresses, then by an equal
 * name, then where there is but one on each side; never links of which both ends say other addresses. The rest are told
 * alone. Declarations have tens of thousands of links, so each is looked up, and none is compared with all of the others.
 */
export function matchPeerings(
  ours: readonly DeclaredPeering[],
  theirs: readonly DeclaredPeering[],
  far: DeclaredIndex | undefined,
): MatchedPeering[] {
  const matched: MatchedPeering[] = [];
  const taken = new Set<DeclaredPeering>();
  let left = ours;
  const match = (find: (our: DeclaredPeering) => DeclaredPeering | undefined): void => {
    left = left.filter((our) => {
      const their = find(our);
      if (their === undefined || taken.has(their) || contradicts(our, their)) return true;
      taken.add(their);
      matched.push({ our, their });
      return false;
    });
  };
  match(createAddressFinder(ours, theirs, taken, far));
  // A declaration has each name once.
  const byName = new Map(theirs.map((their) => [their.name.toLowerCase(), their]));
  match((our) => byName.get(our.name.toLowerCase()));
  if (ours.length === 1 && theirs.length === 1) match(() => theirs[0]);
  for (const our of left) matched.push({ our });
  for (const their of theirs) if (!taken.has(their)) matched.push({ their });
  return matched;
}

/** Both ends say which addresses the link has, and they say different ones. */
const contradicts = (our: DeclaredPeering, their: DeclaredPeering): boolean =>
  differ(our.nearAddress, their.farAddress) || differ(our.farAddress, their.nearAddress);

const differ = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other;

/** The first of theirs with an address of the link, or on the node that has one. */
function createAddressFinder(
  ours: readonly DeclaredPeering[],
  theirs: readonly DeclaredPeering[],
  taken: ReadonlySet<DeclaredPeering>,
  far: DeclaredIndex | undefined,
) {
  const farNodeOf = ({ farAddress }: DeclaredPeering): number | undefined =>
    farAddress === undefined ? undefined : far?.nodeOfAddress(farAddress);
  const areNodesKnown = ours.some((our) => farNodeOf(our) !== undefined);
  const find = createFinder(theirs, taken, (their) => [
    ...(their.nearAddress !== undefined || their.farAddress !== undefined ? fitKeys('', their) : []),
    ...(areNodesKnown ? fitKeys(`@${their.node}`, their) : []),
  ]);
  return (our: DeclaredPeering): DeclaredPeering | undefined => {
    const { nearAddress, farAddress } = our;
    const farNode = farNodeOf(our);
    return find([
      ...(farAddress === undefined ? [] : wantedKeys('', our, { nears: [farAddress] })),
      ...(nearAddress === undefined ? [] : wantedKeys('', our, { fars: [nearAddress] })),
      ...(farNode === undefined ? [] : wantedKeys(`@${farNode}`, our)),
    ]);
  };
}

/** The first of the peerings that has one of the keys and is not taken. */
function createFinder(
  peerings: readonly DeclaredPeering[],
  taken: ReadonlySet<DeclaredPeering>,
  keysOf: (peering: DeclaredPeering) => readonly string[],
) {
  const byKey = new Map<string, number[]>();
  // Backwards, so that the first is at the end, and what is taken goes from there for good.
  for (let place = peerings.length - 1; place >= 0; place -= 1) {
    for (const key of keysOf(peerings[place]!)) {
      const places = byKey.get(key);
      if (places === undefined) byKey.set(key, [place]);
      else places.push(place);
    }
  }
  return (keys: readonly string[]): DeclaredPeering | undefined => {
    let first = peerings.length;
    for (const key of keys) {
      const places = byKey.get(key) ?? [];
      while (places.length > 0 && taken.has(peerings[places.at(-1)!]!)) places.pop();
      first = Math.min(first, places.at(-1) ?? first);
    }
    return peerings[first];
  };
}

const unsaid = '-';
const any = '*';

/** Keys of a link: with each of its addresses, or without regard to it. */
function fitKeys(scope: string, { nearAddress = unsaid, farAddress = unsaid }: DeclaredPeering): string[] {
  return [nearAddress, any].flatMap((near) => [farAddress, any].map((far) => `${scope} ${near} ${far}`));
}

/** Keys of all links that do not contradict the one: an end of theirs has the address that it has by ours, or none is said of it. */
function wantedKeys(
  scope: string,
  { nearAddress, farAddress }: DeclaredPeering,
  {
    nears = farAddress === undefined ? [any] : [farAddress, unsaid],
    fars = nearAddress === undefined ? [any] : [nearAddress, unsaid],
  }: { readonly nears?: readonly string[]; readonly fars?: readonly string[] } = {},
): string[] {
  return nears.flatMap((near) => fars.map((far) => `${scope} ${near} ${far}`));
}
