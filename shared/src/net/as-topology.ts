import type { AsLink } from './as-graph-schema.js';

/** For each AS by index, the indices of its neighbours of one kind, ascending. */
type Neighbours = readonly (readonly number[])[];

/** ASes by index in ascending order of AS number, so that the lower index is the lower AS number. */
export interface AsTopology {
  readonly asns: readonly number[];
  indexOf(asn: number): number | undefined;
  readonly providers: Neighbours;
  readonly customers: Neighbours;
  readonly peers: Neighbours;
}

/** The ASes are those given and those that a link names. */
export function createAsTopology(asns: Iterable<number>, links: readonly AsLink[]): AsTopology {
  const all = new Set(asns);
  for (const { from, to } of links) all.add(from).add(to);
  const sorted = [...all].sort((left, right) => left - right);
  const indices = new Map(sorted.map((asn, index) => [asn, index]));
  const providers: number[][] = sorted.map(() => []);
  const customers: number[][] = sorted.map(() => []);
  const peers: number[][] = sorted.map(() => []);
  for (const { from, to, relationship } of links) {
    const fromIndex = indices.get(from)!;
    const toIndex = indices.get(to)!;
    if (relationship === 'peer') {
      peers[fromIndex]!.push(toIndex);
      peers[toIndex]!.push(fromIndex);
    } else {
      providers[fromIndex]!.push(toIndex);
      customers[toIndex]!.push(fromIndex);
    }
  }
  for (const list of [...providers, ...customers, ...peers]) list.sort((left, right) => left - right);
  return { asns: sorted, indexOf: (asn) => indices.get(asn), providers, customers, peers };
}
