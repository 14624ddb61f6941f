import { type Asn, createBoundedCache, type PathConflict } from '@fairhop/shared/model';
import {
  type AsGraph,
  type AsnSource,
  createAsnChain,
  locateByPrefix,
  type OriginDispute,
  type RibHistory,
} from '@fairhop/shared/net';

export interface Located {
  readonly asn: Asn | null;
  /** Who knew: `operator`, `bgp`, the name of a further source, `exchange ix1` or `nobody`. */
  readonly by: string;
  /** Where the operator's prefixes and routes, or routes among themselves, differ about the address. */
  readonly conflicts: readonly PathConflict[];
}

/**
 * Tells which AS an address is in: the longest prefix of the operator's and of the RIBs of that time, else further sources.
 */
export interface Locator {
  /** Never fails; addresses in LANs of exchange points are in none. */
  locate(address: string, timeMs: number): Promise<Located>;
  /** The same from what is in memory. */
  locateNow(address: string, timeMs: number): Asn | undefined;
  /** Grows when a further source fails: what was unknown then may be known to it later. */
  readonly failures: number;
}

interface LocatorDependencies {
  readonly graph: AsGraph;
  readonly ribs: RibHistory;
  readonly furtherAsnSources: readonly AsnSource[];
  onSourceError(error: unknown, source: string): void;
}

/** Hosts outside the operator's prefixes that are active in the same minutes; an entry takes about 150 bytes. */
const maximumCachedAddresses = 50_000;

export function createLocator({
  graph,
  ribs,
  furtherAsnSources,
  onSourceError,
}: LocatorDependencies): Locator {
  let failures = 0;
  const failed = (error: unknown, source: string): undefined => {
    failures += 1;
    onSourceError(error, source);
  };
  const chain = createAsnChain(furtherAsnSources, {
    onError: (error, source) => failed(error, source.name),
  });
  const further = createBoundedCache<string, Located>(maximumCachedAddresses);

  const locateFurther = async (address: string): Promise<Located> => {
    const known = further.get(address);
    if (known !== undefined) return known;
    const failuresBefore = failures;
    const match = await chain.lookup(address).catch((error: unknown) => failed(error, chain.name));
    const located = { asn: match?.asn ?? null, by: match?.source ?? 'nobody', conflicts: [] };
    // What a source that failed may have known is asked again.
    if (match || failures === failuresBefore) further.set(address, located);
    return located;
  };
  const locateHere = (address: string, timeMs: number) => locateByPrefix(address, graph, ribs.at(timeMs));
  return {
    async locate(address, timeMs) {
      const here = locateHere(address, timeMs);
      if (here === undefined) return await locateFurther(address);
      const { asn, by, disputes } = here;
      return { asn, by, conflicts: disputes.map(conflictOf) };
    },
    locateNow(address, timeMs) {
      const here = locateHere(address, timeMs);
      if (here !== undefined) return here.asn ?? undefined;
      for (const source of furtherAsnSources) {
        const answer = lookUp(source, address);
        if (answer !== undefined) return answer;
      }
      return undefined;
    },
    get failures() {
      return failures;
    },
  };
}

/** Names the prefix, not the address: it is one conflict, however many hosts meet it. */
const conflictOf = ({ prefix, used, asn, other, otherAsn }: OriginDispute): PathConflict => ({
  used,
  usedAsPath: [asn],
  other,
  otherAsPath: [otherAsn],
  message:
    used === other
      ? `routes to ${prefix} end in AS ${asn} and in AS ${otherAsn}; AS ${asn} is used, the best route’s`
      : `the AS graph gives ${prefix} to AS ${asn}, a route to it ends in AS ${otherAsn}; AS ${asn} is used`,
});

/** Of a source that answers at once; detail does without one that must be waited for, or fails. */
function lookUp(source: AsnSource, address: string): Asn | undefined {
  try {
    const answer = source.lookup(address);
    if (!(answer instanceof Promise)) return answer?.asn;
    answer.catch(() => undefined);
    return undefined;
  } catch {
    return undefined;
  }
}
