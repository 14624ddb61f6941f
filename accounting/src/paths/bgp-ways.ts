import type { BgpRoute, RibHistory } from '@fairhop/shared/net';
import type { AsPathSource } from './knowledge.js';

/** The choice of the source's own router is what it does; what others heard of it may be one of several ways that it uses. */
const confidences: Readonly<Record<BgpRoute['vantage'], number>> = { own: 100, told: 90, passed: 80 };

/** Routes that routers wrote: of the source's AS to the destination's address, as of that time. */
export function createBgpWays(ribs: RibHistory): AsPathSource {
  return {
    name: 'bgp',
    asWay(source, destination, timeMs) {
      const route = ribs.at(timeMs).route(source.asn, destination.address, source.address);
      if (route === undefined) return undefined;
      const { asPath, vantage, nextHop } = route;
      return { asPath, source: 'bgp', confidence: confidences[vantage], nextHop };
    },
  };
}
