import type { RibSnapshot } from './rib.js';

type Neighbours = ReadonlyMap<number, ReadonlySet<number>>;

const known = new WeakMap<Pick<RibSnapshot, 'links'>, Neighbours>();

/** ASes next to this one in usable routes of any of the tables; undefined where no usable route passes it. */
export function neighboursIn(
  tables: readonly Pick<RibSnapshot, 'links'>[],
  asn: number,
): ReadonlySet<number> | undefined {
  const all = tables.map((table) => neighboursOf(table).get(asn)).filter((set) => set !== undefined);
  return all.length <= 1 ? all[0] : new Set(all.flatMap((set) => [...set]));
}

/** Read once of each table, which is immutable. */
function neighboursOf(table: Pick<RibSnapshot, 'links'>): Neighbours {
  let neighbours = known.get(table);
  if (neighbours === undefined) {
    neighbours = read(table.links);
    known.set(table, neighbours);
  }
  return neighbours;
}

function read(links: RibSnapshot['links']): Neighbours {
  const neighbours = new Map<number, Set<number>>();
  const add = (from: number, to: number): void => {
    const set = neighbours.get(from);
    if (set === undefined) neighbours.set(from, new Set([to]));
    else set.add(to);
  };
  for (const [left, right] of links) {
    add(left, right);
    add(right, left);
  }
  return neighbours;
}
