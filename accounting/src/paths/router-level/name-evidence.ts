import type { Asn } from '@fairhop/shared/model';
import type { TraceHop } from './trace-hops.js';

/**
 * What a router's name says of whose it is. `match`: of this AS; `elsewhere`: of another AS of the path; `foreign`: the AS has
 * other names than this; `none`: nothing.
 */
export type NameFit = 'match' | 'elsewhere' | 'foreign' | 'none';

/** `as6939.fra.example.net`: a network that says its number. */
const numberPattern = /(?:^|[.-])as(\d{1,10})(?=[.-])/;

/**
 * Reads names of one trace together: routers with names of one registered domain belong to one network, and that is the one
 * whose addresses most of the others have, or whose ISP is called like the domain.
 * @param ownPositions for each hop where its address's AS is on the path, -1 where it is not.
 */
export function createNameEvidence(
  hops: readonly TraceHop[],
  ownPositions: readonly number[],
  asPath: readonly Asn[],
  ispOf: (asn: Asn) => string | undefined,
): (hop: number, position: number) => NameFit {
  const isps = asPath.map((asn) => plain(ispOf(asn) ?? ''));
  const votes = countVotes(hops, ownPositions);
  const domains = new Map<string, boolean[]>();
  const saidByDomain = (domain: string): boolean[] => {
    let said = domains.get(domain);
    if (said === undefined) {
      const label = plain(domain.slice(0, domain.indexOf('.')));
      said = isps.map((isp) => isp !== '' && isp === label);
      domains.set(domain, said);
    }
    return said;
  };
  const saidBy = hops.map(({ name }, hop): readonly boolean[] | undefined => {
    if (name === undefined) return undefined;
    const number = numberPattern.exec(name.full)?.[1];
    if (number !== undefined && asPath.includes(Number(number)))
      return asPath.map((asn) => asn === Number(number));
    const byIsp = saidByDomain(name.domain);
    if (byIsp.includes(true)) return byIsp;
    const counts = votes.get(name.domain)!;
    const others = [...counts.values()].reduce(
      (sum, count) => sum + count,
      ownPositions[hop] === -1 ? 0 : -1,
    );
    const winner = others > 0 ? majority(counts) : -1;
    return winner === -1 ? undefined : asPath.map((_, position) => position === winner);
  });
  const hasOtherNames = (hop: number, position: number): boolean => {
    for (const [domain, counts] of votes) {
      if (domain === hops[hop]!.name!.domain) continue;
      if (saidByDomain(domain)[position] || counts.get(position) !== undefined) return true;
    }
    return false;
  };
  return (hop, position) => {
    if (hops[hop]!.name === undefined) return 'none';
    const said = saidBy[hop];
    if (said !== undefined) return said[position] ? 'match' : 'elsewhere';
    return hasOtherNames(hop, position) ? 'foreign' : 'none';
  };
}

type Votes = Map<string, Map<number, number>>;

function countVotes(hops: readonly TraceHop[], ownPositions: readonly number[]): Votes {
  const votes: Votes = new Map();
  for (const [hop, { name }] of hops.entries()) {
    if (name === undefined) continue;
    const counts = votes.get(name.domain) ?? new Map<number, number>();
    votes.set(name.domain, counts);
    const position = ownPositions[hop]!;
    if (position !== -1) counts.set(position, (counts.get(position) ?? 0) + 1);
  }
  return votes;
}

/**
 * The position that most addresses under a domain have; -1 where none has more. Between an AS and the next one, the next one wins:
 * that a border router has an address of the AS before it is common, the contrary is rare.
 */
function majority(counts: ReadonlyMap<number, number>): number {
  let best = { position: -1, count: 0 };
  for (const [position, count] of [...counts].sort(([left], [right]) => left - right)) {
    if (count > best.count || (count === best.count && position === best.position + 1))
      best = { position, count };
    else if (count === best.count) best = { position: -1, count };
  }
  return best.position;
}

const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
