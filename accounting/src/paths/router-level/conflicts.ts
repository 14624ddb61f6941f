import type { Asn, PathConflict } from '@fairhop/shared/model';
import type { AsWay, NetworkDetail, WayEnd } from '../knowledge.js';
import { type Crossing, crossingsBetween, exchangeOfCrossing } from './crossings.js';
import type { DeclaredIndex } from './declared-index.js';

/** Where declarations say other things than the AS path, which stays as it is. */
export function findConflicts(
  way: AsWay,
  ends: { readonly source: WayEnd; readonly destination: WayEnd },
  declared: readonly (DeclaredIndex | undefined)[],
  exchangeOf: NetworkDetail['exchangeOf'],
): PathConflict[] {
  const { asPath, source } = way;
  const conflicts: PathConflict[] = [];
  const report = (otherAsPath: readonly Asn[], message: string): void => {
    conflicts.push({
      used: source,
      usedAsPath: [...asPath],
      other: 'declared',
      otherAsPath: [...otherAsPath],
      message,
    });
  };
  for (const [position, from] of asPath.slice(0, -1).entries()) {
    const to = asPath[position + 1]!;
    const [near, far] = [declared[position], declared[position + 1]];
    if (near !== undefined && lacksLink(near, from, to)) {
      report(
        asPath.slice(0, position + 1),
        lackMessage(near.isp, from, to, `leaves AS ${from} for AS ${to}`),
      );
    }
    if (far !== undefined && far !== near && lacksLink(far, to, from)) {
      report(asPath.slice(position + 1), lackMessage(far.isp, to, from, `enters AS ${to} from AS ${from}`));
    }
  }
  const elsewhere = lackOfExchange(way, declared, exchangeOf);
  if (elsewhere !== undefined) report(asPath.slice(0, 1), elsewhere);
  for (const [end, asn] of [
    [ends.source, asPath[0]],
    [ends.destination, asPath[asPath.length - 1]],
  ] as const) {
    for (const index of new Set(declared)) {
      const attachment = index?.attachmentOf(end.address);
      if (index === undefined || attachment === undefined) continue;
      const node = index.nodes[attachment.node]!;
      if (node.asn === asn) continue;
      const where = `ISP ${index.isp} declares ${attachment.prefix} at ${node.name} of AS ${node.asn}`;
      report([node.asn], `${where}, but its addresses belong to AS ${asn}; that AS is used`);
    }
  }
  return conflicts;
}

/** What to say where BGP sends the bytes over an exchange that none of the declared links is on. */
function lackOfExchange(
  { asPath: [own, neighbour], nextHop }: AsWay,
  [near, far]: readonly (DeclaredIndex | undefined)[],
  exchangeOf: NetworkDetail['exchangeOf'],
): string | undefined {
  const exchange = nextHop === null ? undefined : exchangeOf(nextHop)?.id;
  if (exchange === undefined || own === undefined || neighbour === undefined) return undefined;
  const crossings = crossingsBetween(own, near, neighbour, far);
  const isOnIt = (crossing: Crossing): boolean => exchangeOfCrossing(crossing, exchangeOf)?.id === exchange;
  if (crossings.length === 0 || crossings.some(isOnIt)) return undefined;
  const isps = [...new Set([near?.isp, far?.isp].filter((isp) => isp !== undefined))].join(' and ');
  const link = `no link between AS ${own} and AS ${neighbour} over exchange ${exchange}`;
  return `what ISP ${isps} declared has ${link}, where BGP sends the bytes to ${nextHop}; that exchange is used`;
}

/** A declaration without any peering link does not speak of them. */
function lacksLink(index: DeclaredIndex, own: Asn, neighbour: Asn): boolean {
  return (
    index.declaresPeerings &&
    index.hasNodesOf(own) &&
    crossingsBetween(own, index, neighbour, index).length === 0
  );
}

function lackMessage(isp: string, own: Asn, neighbour: Asn, what: string): string {
  return `ISP ${isp} declares no link between AS ${own} and AS ${neighbour}, but the way ${what}; the AS path is used as it is`;
}
