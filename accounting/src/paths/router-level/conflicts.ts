import type { Asn, PathConflict } from '@fairhop/shared/model';
import type { AsWay, WayEnd } from '../knowledge.js';
import { crossingsBetween, exchangeOfCrossing } from './crossings.js';
import type { DeclaredIndex } from './declared-index.js';

/** Where declarations say other things than the AS path, which stays as it is. */
export function findConflicts(
  way: AsWay,
  ends: { readonly source: WayEnd; readonly destination: WayEnd },
  declared: readonly (DeclaredIndex | undefined)[],
  exchangeOf: (address: string) => string | undefined,
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
  const exchange = way.nextHop === null ? undefined : exchangeOf(way.nextHop);
  const [own, neighbour] = asPath;
  if (exchange !== undefined && own !== undefined && neighbour !== undefined) {
    const crossings = crossingsBetween(own, declared[0], neighbour, declared[1]);
    if (crossings.length > 0 && crossings.every((one) => exchangeOfCrossing(one, exchangeOf) !== exchange)) {
      const isps = new Set([declared[0]?.isp, declared[1]?.isp].filter((isp) => isp !== undefined));
      const who = `${isps.size > 1 ? 'ISPs' : 'ISP'} ${[...isps].join(' and ')}`;
      const link = `no link between AS ${own} and AS ${neighbour} over exchange ${exchange}`;
      report(
        [own],
        `${who} declares ${link}, where BGP sends the bytes to ${way.nextHop}; that exchange is used`,
      );
    }
  }
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
