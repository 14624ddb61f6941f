import type { Asn } from '@fairhop/shared/model';
import type { Exchange } from '@fairhop/shared/net';
import type { NetworkDetail, Trace } from '../knowledge.js';
import { align } from './align.js';
import type { DeclaredIndex } from './declared-index.js';
import { createNameEvidence, type NameFit } from './name-evidence.js';
import { hopsOf, type TraceHop } from './trace-hops.js';

/** A hop and the AS of the path whose router it is. */
export interface PlacedHop {
  readonly hop: TraceHop;
  readonly position: number;
  /** In the declaration of that AS. */
  readonly node: number | undefined;
  /** The exchange over whose LAN the way enters that AS here. */
  readonly exchange: Exchange | undefined;
  readonly basis: 'declared' | 'name' | 'address' | 'border';
}

/**
 * Costs of what is less likely, in halves. They order explanations and have no unit: an ingress interface with an address of the AS
 * before is common (the provider numbers the link), one of the AS after is rare, a name of another network is rarer than
 * either (bdrmapIT, Marder et al. 2018, weighs these in the same order).
 */
const cost = {
  numberedByPrevious: 1,
  numberedByNext: 2,
  /** It declares the address as the next one's end of their link. */
  lentToNext: 0.5,
  sibling: 0.5,
  nameElsewhere: 3,
  nameForeign: 1,
  lanNameElsewhere: 1,
  leftOutDeclared: 3,
  leftOutOwn: 2,
  /** One address of an AS off the path is a third-party address; two in a row are another path. */
  leftOutForeign: 1,
  leftOutForeignAgain: 6,
  leftOutLan: 1,
  leftOutNamed: 1,
} as const;

/** What a trace of this many hops may cost and still be one of this path: one oddity, and one more for every two hops. */
const tolerableCost = (hops: number): number => 1 + hops / 2;

/** Whose address a hop has. */
interface HopOwner {
  /** Positions at which a declaration has the address; empty where none has. */
  readonly declared: readonly number[];
  /** Positions that the way may enter there, by a link whose addresses the AS before lends. */
  readonly entered: readonly number[];
  readonly exchange: Exchange | undefined;
  readonly asn: Asn | undefined;
}

/** Hops of the trace along the AS path, those left out that belong nowhere. Empty where the trace is of another path. */
export function placeTrace(
  trace: Trace,
  asPath: readonly Asn[],
  declared: readonly (DeclaredIndex | undefined)[],
  detail: NetworkDetail,
  ispOf: (asn: Asn) => string | undefined,
): readonly PlacedHop[] {
  const hops = hopsOf(trace);
  if (hops.length === 0) return [];
  const owners = hops.map(({ address }) => ownerOf(address, asPath, declared, detail));
  const ownPositions = owners.map(({ asn }) => (asn === undefined ? -1 : asPath.indexOf(asn)));
  const nameFit = createNameEvidence(hops, ownPositions, asPath, ispOf);
  const alignment = align(costsOf(owners, ownPositions, asPath, nameFit, ispOf));
  if (alignment.cost > tolerableCost(hops.length)) return [];
  const placed: PlacedHop[] = [];
  for (const [index, hop] of hops.entries()) {
    const position = alignment.positions[index]!;
    if (position === -1) continue;
    const owner = owners[index]!;
    const isDeclared = owner.declared.includes(position) || owner.entered.includes(position);
    const node = isDeclared ? declared[position]?.nodeOfAddress(hop.address) : undefined;
    const basis = isDeclared
      ? 'declared'
      : alignment.isAtBorder[index] === 1
        ? 'border'
        : nameFit(index, position) === 'match'
          ? 'name'
          : 'address';
    placed.push({ hop, position, node, exchange: owner.exchange, basis });
  }
  return placed;
}

function ownerOf(
  address: string,
  asPath: readonly Asn[],
  declared: readonly (DeclaredIndex | undefined)[],
  detail: NetworkDetail,
): HopOwner {
  const exchange = detail.exchangeOf(address);
  const asn = exchange ? undefined : detail.asOf(address);
  const positions: number[] = [];
  const links: number[] = [];
  for (const [position, index] of declared.entries()) {
    if (index === undefined) continue;
    const node = index.nodeOfAddress(address);
    if (node === undefined || index.nodes[node]!.asn !== asPath[position]) continue;
    (index.isLinkAddress(address) ? links : positions).push(position);
  }
  // The inventory of who has the address comes before what another says of a link.
  const isForeign = asn !== undefined && links.every((position) => asPath[position] !== asn);
  if (positions.length === 0 && links.length > 0) {
    if (isForeign) return { declared: [], entered: links, exchange, asn };
    positions.push(...links);
  }
  // What an ISP says of its neighbour's end of a link orders hops; what the neighbour says of itself comes first.
  if (positions.length === 0) {
    for (const index of declared) {
      const neighbour = index?.neighbourOfAddress(address);
      const position = neighbour === undefined ? -1 : asPath.indexOf(neighbour);
      if (position !== -1 && !positions.includes(position)) positions.push(position);
    }
  }
  return { declared: positions, entered: [], exchange, asn };
}

function costsOf(
  owners: readonly HopOwner[],
  ownPositions: readonly number[],
  asPath: readonly Asn[],
  nameFit: (hop: number, position: number) => NameFit,
  ispOf: (asn: Asn) => string | undefined,
) {
  const positions = asPath.length;
  const nowhere = () => new Float64Array(owners.length * positions).fill(Number.POSITIVE_INFINITY);
  const [anywhere, first, last] = [nowhere(), nowhere(), nowhere()];
  const leftOut = new Float64Array(owners.length);
  for (const [hop, owner] of owners.entries()) {
    const before = owners[hop - 1];
    const own = ownPositions[hop]!;
    leftOut[hop] = costOfLeavingOut(owner, own, before);
    const row = hop * positions;
    for (const position of owner.declared) anywhere[row + position] = 0;
    if (owner.declared.length > 0) continue;
    if (owner.exchange !== undefined) {
      for (let position = 1; position < positions; position += 1) {
        first[row + position] = nameFit(hop, position) === 'elsewhere' ? cost.lanNameElsewhere : 0;
      }
      continue;
    }
    const byName = (position: number): number => {
      const fit = nameFit(hop, position);
      return fit === 'elsewhere' ? cost.nameElsewhere : fit === 'foreign' ? cost.nameForeign : 0;
    };
    if (own !== -1) {
      anywhere[row + own] = byName(own) + (owner.entered.length > 0 ? cost.lentToNext : 0);
      if (own + 1 < positions) first[row + own + 1] = cost.numberedByPrevious + byName(own + 1);
      if (own > 0) last[row + own - 1] = cost.numberedByNext + byName(own - 1);
      for (const position of owner.entered) first[row + position] = 0;
      continue;
    }
    const isp = owner.asn === undefined ? undefined : ispOf(owner.asn);
    for (const [position, asn] of asPath.entries()) {
      if (isp !== undefined && isp === ispOf(asn)) anywhere[row + position] = cost.sibling + byName(position);
      else if (owner.asn === undefined && nameFit(hop, position) === 'match') {
        anywhere[row + position] = 0;
        leftOut[hop] = cost.leftOutNamed;
      }
    }
  }
  return { hops: owners.length, positions, anywhere, first, last, leftOut };
}

function costOfLeavingOut(owner: HopOwner, ownPosition: number, before: HopOwner | undefined): number {
  if (owner.declared.length > 0) return cost.leftOutDeclared;
  if (owner.exchange !== undefined) return cost.leftOutLan;
  if (ownPosition !== -1) return cost.leftOutOwn;
  // Private addresses, and those that nobody knows.
  if (owner.asn === undefined) return 0;
  return before?.asn === owner.asn ? cost.leftOutForeignAgain : cost.leftOutForeign;
}
