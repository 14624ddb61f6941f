import { exchangeId } from '@fairhop/shared/model';
import type { AsWay, NetworkDetail } from '../knowledge.js';
import { exchangeOfCrossing } from './crossings.js';
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
  if (link !== undefined) {
    const { crossing } = link;
    // A declared link is known, and it is over none: its being inside one ISP says so, or its addresses.
    if (crossing === undefined) return undefined;
    const exchange = exchangeOfCrossing(crossing, detail.exchangeOf);
    if (exchange !== undefined)
      return { ...declaredPart(exchangeId(exchange.id), link), place: exchange.place };
    if (crossing.nearAddress !== undefined || crossing.farAddress !== undefined) return undefined;
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
