import type { Exchange } from '@fairhop/shared/net';
import type { AsPathSource } from './knowledge.js';

/**
 * A source's ways without the route servers of exchange points. One should not put its AS number into the paths that it tells
 * (RFC 7947 section 2.2.2); where one does, no byte passes that AS: its neighbours exchange them over the LAN.
 */
export function withoutRouteServers(source: AsPathSource, exchanges: readonly Exchange[]): AsPathSource {
  const asns = new Set(exchanges.flatMap(({ routeServerAsns = [] }) => routeServerAsns));
  if (asns.size === 0) return source;
  return {
    name: source.name,
    asWay(from, to, timeMs) {
      const way = source.asWay(from, to, timeMs);
      if (way === undefined) return undefined;
      const last = way.asPath.length - 1;
      // An address of the route server's own AS is an end like any other.
      const asPath = way.asPath.filter((asn, index) => index === 0 || index === last || !asns.has(asn));
      return { ...way, asPath };
    },
  };
}
