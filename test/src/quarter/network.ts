import { type AsGraph, createAsGraph, type RibHistory, type RibView } from '@fairhop/shared/net';
import { asGraphFile } from '../simulation/networks.js';
import type { Chance } from '../simulation/random.js';

const BACKBONE_ASN = 64_500;
const SP2_ASN = 64_502;
/** Where traffic begins and ends: the CDN and the ISPs. */
const END_ASNS = [64_496, 64_501, 64_502, 64_503, 64_504] as const;

export const graph: AsGraph = createAsGraph(asGraphFile);

/** As this test reads addresses: `127.2.…` is SP2's, `127.0.…` the CDN's, all else is nobody's. */
export function asnOf(address: string): number | null {
  const [first, second = -1] = address.split('.').map(Number);
  if (first !== 127 || second > 4) return null;
  return second === 0 ? 64_496 : 64_500 + second;
}

export const ispOf = (asn: number): string =>
  asn === 64_496 ? 'cdn' : asn === BACKBONE_ASN ? 'backbone' : `sp${asn - 64_500}`;

/** Which way bytes take between ASes, and when that becomes another. */
export interface Routes {
  /** Ascending. */
  readonly changesMs: readonly number[];
  asPathAt(from: number, to: number, timeMs: number): readonly number[];
  readonly history: RibHistory;
}

type Table = ReadonlyMap<string, readonly number[]>;

export function createRoutes(chance: Chance, changesMs: readonly number[]): Routes {
  const tables = [0, ...changesMs].map(() => drawTable(chance));
  const tableAt = (timeMs: number): Table =>
    tables[changesMs.filter((changeMs) => changeMs <= timeMs).length]!;
  const asPathAt: Routes['asPathAt'] = (from, to, timeMs) =>
    from === to ? [from] : tableAt(timeMs).get(`${from} ${to}`)!;
  const viewOf = (table: Table): RibView => ({
    originOf: () => undefined,
    originsOf: () => undefined,
    route(from, destination) {
      const to = graph.asOf(destination);
      const asPath = to === undefined ? undefined : table.get(`${from} ${to}`);
      return asPath && { prefix: '127.0.0.0/8', asPath: [...asPath], nextHop: null, vantage: 'own' };
    },
  });
  const views = new Map(tables.map((table) => [table, viewOf(table)]));
  return {
    changesMs,
    asPathAt,
    history: {
      at: (timeMs) => views.get(tableAt(timeMs))!,
      changes: (fromMs, toMs) => changesMs.filter((changeMs) => changeMs > fromMs && changeMs < toMs),
      revision: 1,
    },
  };
}

function drawTable(chance: Chance): Table {
  const table = new Map<string, readonly number[]>();
  for (const from of END_ASNS) {
    for (const to of END_ASNS) {
      if (from === to) continue;
      const through = [from, SP2_ASN, to].filter((asn, index, all) => all.indexOf(asn) === index);
      const ways = [[from, BACKBONE_ASN, to], [from, to], through, [from, SP2_ASN, BACKBONE_ASN, to]];
      table.set(`${from} ${to}`, chance.pick(ways.filter((way) => new Set(way).size === way.length)));
    }
  }
  return table;
}
