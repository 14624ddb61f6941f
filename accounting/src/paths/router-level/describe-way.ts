import {
  type Asn,
  asId,
  componentKindOf,
  ispComponentId,
  linkId,
  type PathElement,
  placeId,
} from '@fairhop/shared/model';
import type { AsWay, DescribedWay, NetworkDetail, WayEnd } from '../knowledge.js';
import { placeOfRouterName } from '../places/index.js';
import { findConflicts } from './conflicts.js';
import { type DeclaredIndex, indexOf } from './declared-index.js';
import { type DeclaredInside, type DeclaredLink, findDeclaredWay, type WayPart } from './declared-way.js';
import { exchangeAt } from './exchange.js';
import { observedRouters } from './observed.js';
import { type PlacedHop, placeTrace } from './place-trace.js';

/** A name tells where a router was when it was named. */
const placeByNamePercent = 70;

/**
 * A way between two ASes with all that is known below that level: `as:A`, A's routers, switches and internal links in the order of
 * travel, `link:as:A>as:B`, the peering link, the exchange point, `as:B`, …, then ISPs, then places. The AS path stays as it
 * is given. What an ISP declares of its own networks is billable where it follows from declarations and BGP alone; what
 * traces say, an edge's too, describes and changes no billable element.
 * @param ispOf The ISP that has an AS.
 */
export function describeWay(
  way: AsWay,
  ends: { readonly source: WayEnd; readonly destination: WayEnd },
  detail: NetworkDetail,
  ispOf: (asn: Asn) => string | undefined,
): DescribedWay {
  const { asPath } = way;
  const declared = asPath.map((asn) => {
    const network = detail.declaredOf(asn);
    return network && indexOf(network);
  });
  const trace = detail.traceBetween(ends.source.address, ends.destination.address);
  const isTraceTrusted = trace?.isTrusted ?? false;
  // Routes differ by direction: one from the destination says nothing of the way to it.
  const placedHops: readonly PlacedHop[] =
    trace?.direction === 'forward' ? placeTrace(trace, asPath, declared, detail, ispOf) : [];
  const known = {
    asPath,
    declared,
    sourceNode: attachmentNode(declared[0], ends.source.address, asPath[0]),
    destinationNode: attachmentNode(declared.at(-1), ends.destination.address, asPath.at(-1)),
    nextHop: way.nextHop,
    exchangeOf: detail.exchangeOf,
    isTraceTrusted,
  };
  // Found without any trace: all that is billable is from here, whoever traced what when.
  const sure = findDeclaredWay({ ...known, placedHops: [] });
  const seen = placedHops.length === 0 ? sure : findDeclaredWay({ ...known, placedHops });
  const collector = createCollector();
  const isps = new Set<string>();
  collector.addHostPlace(detail.placeOf(ends.source.address));
  for (const [position, asn] of asPath.entries()) {
    const byAsPath = { source: way.source, confidence: way.confidence, billable: true };
    collector.add({ component: asId(asn), ...byAsPath });
    const routers = observedRouters(placedHops, position, declared[position], isTraceTrusted);
    for (const part of partsInside(sure.inside[position]!, seen.inside[position]!, routers))
      collector.add(part);
    const isp = ispOf(asn);
    if (isp !== undefined) isps.add(isp);
    const next = asPath[position + 1];
    if (next === undefined) continue;
    collector.add({ component: linkId(asn, next), ...byAsPath });
    const link = sure.links[position] ?? onlySeen(seen.links[position]);
    if (link !== undefined) {
      const { component, confidence, isProven } = link;
      collector.add({
        component,
        source: isProven ? 'declared' : 'traceroute',
        confidence,
        billable: isProven,
      });
    }
    const exchange = exchangeAt(position, link, way, placedHops, isTraceTrusted, detail);
    if (exchange !== undefined) collector.add(exchange);
  }
  for (const isp of isps) {
    collector.add({ component: ispComponentId(isp), source: 'operator', confidence: 100, billable: true });
  }
  collector.addHostPlace(detail.placeOf(ends.destination.address));
  return { elements: collector.elements(), conflicts: findConflicts(way, ends, declared, detail.exchangeOf) };
}

/** What is sure of the way inside an AS, and between its ends what traces lead to or saw. */
function partsInside(sure: DeclaredInside, seen: DeclaredInside, routers: readonly WayPart[]): WayPart[] {
  if (sure.isComplete) return [...sure.head];
  const known = new Set([...sure.head, ...sure.tail].map(({ component }) => component));
  const between = [...seen.head, ...(seen.isComplete ? [] : routers), ...seen.tail];
  const described = between
    .filter(({ component }) => !known.has(component))
    .map((part) => ({ ...part, source: 'traceroute' as const, billable: false }));
  return [...sure.head, ...described, ...sure.tail];
}

const onlySeen = (link: DeclaredLink | undefined): DeclaredLink | undefined =>
  link && { ...link, isProven: false };

function attachmentNode(index: DeclaredIndex | undefined, address: string, asn: Asn | undefined) {
  const node = index?.attachmentOf(address)?.node;
  return node !== undefined && index?.nodes[node]?.asn === asn ? node : undefined;
}

/** Each component once: a way that a trace leads over a router twice is a way over that router. */
function createCollector() {
  const elements = new Map<string, PathElement>();
  const places = new Map<string, PathElement>();
  const addPlace = (place: string, source: PathElement['source'], confidence: number): void => {
    const component = placeId(place);
    const known = places.get(component);
    if (known !== undefined && known.confidence >= confidence) return;
    if (known === undefined && componentKindOf(component) !== 'place') return;
    places.set(component, { component, source, confidence, billable: false });
  };
  return {
    add({ component, source, confidence, billable, place, name }: WayPart): void {
      const known = elements.get(component);
      if (known !== undefined && (known.billable || !billable)) return;
      // What is billable has its place where declarations say, whatever a trace said before.
      elements.delete(component);
      elements.set(component, { component, source, confidence, billable });
      const named = place === undefined && name !== undefined ? placeOfRouterName(name) : undefined;
      if (place !== undefined) addPlace(place, source, billable ? 100 : placeByNamePercent);
      else if (named !== undefined) addPlace(named, 'traceroute', placeByNamePercent);
    },
    addHostPlace(found: { readonly place: string; readonly confidence: number } | undefined): void {
      if (found !== undefined) addPlace(found.place, 'geo', found.confidence);
    },
    elements: (): PathElement[] => [...elements.values(), ...places.values()],
  };
}
