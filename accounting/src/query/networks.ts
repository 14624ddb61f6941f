import type { Route } from '../ledger/routes.js';

/** Tells whether an AS, of an ISP or of none that is known, belongs to a network. */
export type Network = (asn: number | null, isp: string | null) => boolean;

/** A network by the name of an ISP in any case, or by `as:N`. */
export function parseNetwork(ref: string): { isp: string } | { asn: number } {
  const asn = /^as:(\d{1,10})$/i.exec(ref)?.[1];
  return asn === undefined ? { isp: ref.toLowerCase() } : { asn: Number(asn) };
}

export function networkOf(ref: string): Network {
  const named = parseNetwork(ref);
  return 'isp' in named
    ? (_, isp) => isp !== null && isp.toLowerCase() === named.isp
    : (asn) => asn === named.asn;
}

/**
 * True when the path leaves A and later enters B, adjacent or not. Leaving is a step from an AS in A to one outside of it,
 * entering one from outside of B into it; a step between two ASes of one ISP neither leaves nor enters that ISP. Without
 * A, or B, it need only enter, or leave.
 */
function crosses(path: Route['path'], leaves?: Network, enters?: Network): boolean {
  if (path === null) return false;
  const { asPath, isps } = path;
  const isIn = (network: Network, index: number): boolean => network(asPath[index]!, isps[index] ?? null);
  let hasLeft = leaves === undefined;
  for (let index = 1; index < asPath.length; index += 1) {
    if (leaves !== undefined && isIn(leaves, index - 1) && !isIn(leaves, index)) hasLeft = true;
    if (!hasLeft) continue;
    if (enters === undefined || (!isIn(enters, index - 1) && isIn(enters, index))) return true;
  }
  return false;
}

export interface NetworkFilter {
  readonly leaves?: Network | undefined;
  readonly enters?: Network | undefined;
  readonly source?: Network | undefined;
  readonly destination?: Network | undefined;
  readonly kind?: string | undefined;
}

export function matchesRoute(route: Route, filter: NetworkFilter): boolean {
  const { leaves, enters, source, destination, kind } = filter;
  return (
    (kind === undefined || route.kind === kind) &&
    (source === undefined || source(route.sourceAs, route.sourceIsp)) &&
    (destination === undefined || destination(route.destinationAs, route.destinationIsp)) &&
    ((leaves === undefined && enters === undefined) || crosses(route.path, leaves, enters))
  );
}
