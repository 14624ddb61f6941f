import { createHash } from 'node:crypto';
import { type Asn, asId, ispComponentId, linkId } from '@fairhop/shared/model';
import type { ResolvedPath } from '../ledger/event.js';

/**
 * The path of ASes as components: AS, directed link, AS, …, then the ISPs in the order in which they are entered first.
 * Its id is the hash of these, so that a path stays the same path for as long as the same networks carry it.
 */
export function createResolvedPath(
  asPath: readonly Asn[],
  ispOf: (asn: Asn) => string | undefined,
): ResolvedPath {
  const components: string[] = [];
  const isps = asPath.map((asn) => ispOf(asn) ?? null);
  for (const [index, asn] of asPath.entries()) {
    const before = asPath[index - 1];
    if (before !== undefined) components.push(linkId(before, asn));
    components.push(asId(asn));
  }
  components.push(...new Set(isps.filter((isp) => isp !== null).map(ispComponentId)));
  // Which AS belongs to which ISP is part of the path: an AS that changes hands makes another path.
  const canonical = [...components, ...isps.map((isp) => isp ?? '-')].join('\n');
  const digest = createHash('sha256').update(canonical).digest('hex');
  return { id: `path:${digest}`, asPath: [...asPath], isps, components };
}
