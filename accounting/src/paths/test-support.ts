import type { Asn } from '@fairhop/shared/model';
import {
  type BgpRoute,
  createPrefixTable,
  parsePrefix,
  type RibHistory,
  type RibView,
} from '@fairhop/shared/net';
import type { DeclaredNetwork, DeclaredNetworks, PathKnowledge, Trace, TraceLookup } from './knowledge.js';

const unknown: RibView = {
  originOf: () => undefined,
  originsOf: () => undefined,
  route: () => undefined,
};

/** The RIB of a router that has these routes: AS paths from the asking AS, by prefix of the destination. */
export function ribOf(routes: Readonly<Record<string, readonly (readonly Asn[])[]>>): RibView {
  const table = createPrefixTable(
    Object.entries(routes).map(([prefix, asPaths]) => ({ prefix, value: { prefix, asPaths } })),
  );
  const originsOf: RibView['originsOf'] = (address) => {
    const found = table.lookup(address);
    if (found === undefined) return undefined;
    const asns = new Set(found.asPaths.map((asPath) => asPath.at(-1)!));
    return { prefixLength: parsePrefix(found.prefix).length, asns: [...asns] };
  };
  return {
    originOf: (address) => originsOf(address)?.asns[0],
    originsOf,
    route(from, destination): BgpRoute | undefined {
      const found = table.lookup(destination);
      const asPath = found?.asPaths.find((one) => one[0] === from);
      return found && asPath && { prefix: found.prefix, asPath, nextHop: null, vantage: 'own' };
    },
  };
}

/** RIBs by the times from which on they hold. */
export function ribHistory(
  views: Readonly<Record<number, RibView>> = {},
): RibHistory & { add(timeMs: number, view: RibView): void } {
  const all = new Map(Object.entries(views).map(([timeMs, view]) => [Number(timeMs), view]));
  let revision = 0;
  const times = (): number[] => [...all.keys()].sort((left, right) => left - right);
  return {
    at: (timeMs) => all.get(times().findLast((one) => one <= timeMs) ?? times()[0] ?? 0) ?? unknown,
    changes: (fromMs, toMs) =>
      times()
        .slice(1)
        .filter((timeMs) => timeMs > fromMs && timeMs < toMs),
    get revision() {
      return revision;
    },
    add(timeMs, view) {
      all.set(timeMs, view);
      revision += 1;
    },
  };
}

/** Declarations by the times from which on they hold. */
export function declaredNetworks(
  declarations: readonly { readonly fromMs: number; readonly network: DeclaredNetwork }[] = [],
): DeclaredNetworks {
  return {
    declaredOf: (asn, timeMs) =>
      declarations.findLast(({ fromMs, network }) => fromMs <= timeMs && network.asns.includes(asn))?.network,
    changes: (fromMs, toMs) =>
      declarations.map((one) => one.fromMs).filter((timeMs) => timeMs > fromMs && timeMs < toMs),
    revision: declarations.length,
  };
}

/** Every trace is between all networks, the newest are the best. */
export const tracesOf = (traces: readonly Trace[] = []): TraceLookup => ({
  tracesBetween: () =>
    traces
      .map(({ startMs }, index) => ({ id: index + 1, startMs }))
      .sort((left, right) => right.startMs - left.startMs),
  trace: (id) => traces[id - 1],
});

export const knowledgeOf = (knowledge: Partial<PathKnowledge> = {}): PathKnowledge => ({
  ribs: ribHistory(),
  networks: declaredNetworks(),
  traces: tracesOf(),
  placeOf: () => undefined,
  ...knowledge,
});
