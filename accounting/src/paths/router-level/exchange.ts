import { exchangeId } from '@fairhop/shared/model';
import type { AsWay, NetworkDetail } from '../knowledge.js';
import { type DeclaredLink, declaredPart, type WayPart } from './declared-way.js';
import { confidenceOf } from './observed.js';
import type { PlacedHop } from './place-trace.js';

/** The exchange point that the link behind `position` of the AS path runs over, by the first that knows: declaration, BGP, trace. */
export function exchangeAt(
  position: number,
  link: DeclaredLink | undefined,
  way: AsWay,
  placedHops: readonly PlacedHop[],
  isTraceTrusted: boolean,
  detail: NetworkDetail,
): WayPart | undefined {
  const crossing = link?.crossing;
  if (link !== undefined) {
    const addresses = [crossing?.nearAddress, crossing?.farAddress].filter(
      (address) => address !== undefined,
    );
    const inLan = addresses.map((address) => detail.exchangeOf(address)).find((exchange) => exchange);
    const exchange = crossing?.exchange ?? inLan?.id;
    if (exchange !== undefined) return { ...declaredPart(exchangeId(exchange), link), place: inLan?.place };
    // A declared link is known, and it is over none: its addresses or its being inside one ISP say so.
    if (addresses.length > 0 || crossing === undefined) return undefined;
  }
  const byNextHop = position === 0 && way.nextHop !== null ? detail.exchangeOf(way.nextHop) : undefined;
  if (byNextHop !== undefined) {
    const { id, place } = byNextHop;
    return { component: exchangeId(id), source: 'bgp', confidence: 100, billable: false, place };
  }
  const entered = placedHops.find((placed) => placed.position === position + 1);
  if (entered?.exchange === undefined) return undefined;
  return {
    component: exchangeId(entered.exchange.id),
    source: 'traceroute',
    confidence: confidenceOf(entered.basis === 'declared' ? 'declared' : 'name', isTraceTrusted),
    billable: false,
    place: entered.exchange.place,
  };
}
