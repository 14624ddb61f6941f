import type { Asn } from '@fairhop/shared/model';
import { createBoundedCache } from '@fairhop/shared/model';
import { type AsGraph, type AsnSource, createAsnChain, type RibHistory } from '@fairhop/shared/net';

export interface Located {
  readonly asn: Asn | null;
  /** Who knew: `operator`, `bgp`, the name of a further source, `exchange ix1` or `nobody`. */
  readonly by: string;
}

/** Tells which AS an address is in: the operator's prefixes, then RIBs of that time, then further sources. */
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
    const located = match ? { asn: match.asn, by: match.source } : { asn: null, by: 'nobody' };
    // What a source that failed may have known is asked again.
    if (match || failures === failuresBefore) further.set(address, located);
    return located;
  };
  const locateHere = (address: string, timeMs: number): Located | undefined => {
    const exchange = graph.exchangeOf(address);
    if (exchange !== undefined) return { asn: null, by: `exchange ${exchange.id}` };
    const ofOperator = graph.asOf(address);
    if (ofOperator !== undefined) return { asn: ofOperator, by: 'operator' };
    const origin = ribs.at(timeMs).originOf(address);
    return origin === undefined ? undefined : { asn: origin, by: 'bgp' };
  };
  return {
    locate: async (address, timeMs) => locateHere(address, timeMs) ?? (await locateFurther(address)),
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
