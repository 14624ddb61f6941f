import { type ComponentKind, componentKindOf, linkId } from '@fairhop/shared/model';

/** What may stand inside an AS. */
const inside: readonly (ComponentKind | undefined)[] = ['router', 'switch', 'internal'];

/**
 * What is wrong in the order of a path's components, undefined when nothing is: the ASes and links of its AS path and nothing
 * else of these kinds, inside each AS only what an AS has, under each link one peering link and one exchange point at most,
 * then its ISPs and the places.
 */
export function pathFault(
  components: readonly string[],
  asPath: readonly number[],
  isps: readonly (string | null)[],
): string | undefined {
  let next = 0;
  const take = (...kinds: readonly (ComponentKind | undefined)[]): string | undefined =>
    next < components.length && kinds.includes(componentKindOf(components[next]!))
      ? components[next++]
      : undefined;
  for (const [index, asn] of asPath.entries()) {
    if (index > 0) {
      const link = linkId(asPath[index - 1]!, asn);
      const taken = take('link');
      if (taken !== link) return `it has ${taken ?? 'no link'} where ${link} is right`;
      const peering = take('peering');
      if (peering !== undefined && !peering.startsWith(`peering:${link.slice('link:'.length)}/`))
        return `${peering} is under ${link}; one of that link is right`;
      take('ixp');
    }
    const as = take('as');
    if (as !== `as:${asn}`) return `it has ${as ?? 'no AS'} where as:${asn} is right`;
    while (take(...inside) !== undefined);
  }
  const rightIsps = [...new Set(isps.filter((isp) => isp !== null))].map((isp) => `isp:${isp}`);
  for (const isp of rightIsps) {
    const taken = take('isp');
    if (taken !== isp) return `it has ${taken ?? 'no ISP'} where ${isp} is right`;
  }
  while (take('place') !== undefined);
  return next === components.length ? undefined : `${components[next]} is where it cannot be`;
}
