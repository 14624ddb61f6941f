import { routerId } from '@fairhop/shared/model';
import type { DeclaredIndex } from './declared-index.js';
import { declaredPart, type WayPart } from './declared-way.js';
import type { PlacedHop } from './place-trace.js';
import { routerNameOfAddress } from './router-name.js';

/**
 * Percent, by what says that the router is on the way and whose it is: its own ISP's inventory, its name and address, its address,
 * or only where it stands in the trace. An agent may forge a trace; an edge is the operator's own. None of it is billable.
 */
const confidence = {
  trusted: { declared: 90, name: 60, address: 40, border: 30 },
  untrusted: { declared: 60, name: 45, address: 25, border: 15 },
} as const;

export function confidenceOf(basis: PlacedHop['basis'], isTrusted: boolean): number {
  return confidence[isTrusted ? 'trusted' : 'untrusted'][basis];
}

/** Routers of one AS that a trace saw, in its order; interfaces of one router are one router. */
export function observedRouters(
  placedHops: readonly PlacedHop[],
  position: number,
  index: DeclaredIndex | undefined,
  isTrusted: boolean,
): WayPart[] {
  const routers = new Map<string, WayPart>();
  for (const placed of placedHops) {
    if (placed.position !== position) continue;
    const part = partOf(placed, index, isTrusted);
    const known = routers.get(part.component);
    if (known === undefined || known.confidence < part.confidence) routers.set(part.component, part);
  }
  return [...routers.values()];
}

function partOf(
  { hop, node, basis }: PlacedHop,
  index: DeclaredIndex | undefined,
  isTrusted: boolean,
): WayPart {
  const percent = confidenceOf(basis, isTrusted);
  const byAddress = node === undefined ? undefined : index?.nodes[node];
  if (byAddress !== undefined) {
    const { component, place, name } = byAddress;
    return { ...declaredPart(component, { confidence: percent, isProven: false }), place, name };
  }
  // A name is not proof, but the same router has the same component.
  const named = hop.name && index?.nodeNamed(hop.name.router);
  const known = named === undefined ? undefined : index?.nodes[named];
  return {
    component: known?.component ?? routerId(hop.name?.router ?? routerNameOfAddress(hop.address)),
    source: 'traceroute',
    confidence: percent,
    billable: false,
    place: known?.place,
    name: hop.name?.full,
  };
}
