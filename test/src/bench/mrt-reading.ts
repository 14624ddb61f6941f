import { readFileSync } from 'node:fs';
import { createSeededRandom } from '@fairhop/coordinator';
import { type Address, type RibTable, readRibs } from '@fairhop/shared/net';
import { median } from './median.js';
import { WRITER_ASN } from './mrt-writer.js';

// A process of its own, so that its memory is that of the reader: node mrt-reading.js FILE

const LOOKUPS = 1_000_000;
const ROUNDS = 5;
const WARM_UP = 200_000;
const IPV6_SHARE = 6;

export interface MrtReading {
  readonly readSeconds: number;
  readonly peakRssBytes: number;
  readonly prefixes: number;
  readonly routes: number;
  readonly lookupsPerSecond: number;
  readonly found: number;
}

async function read(path: string): Promise<RibTable> {
  for await (const table of readRibs(path, { asn: WRITER_ASN })) return table;
  throw new Error(`no table in ${path}`);
}

/** Across the prefixes and the gaps between them, in no order; the last block is not full. */
function createAddresses(count: number, prefixes: number): Address[] {
  const random = createSeededRandom('feedfacefeedfacefeedfacefeedface');
  const ipv6From = prefixes - Math.floor(prefixes / IPV6_SHARE);
  const blocks = Math.floor((ipv6From * 3) / 4);
  return Array.from({ length: count }, (_, index) =>
    index % IPV6_SHARE === 0
      ? {
          family: 6,
          value: ((0x2a00n << 32n) | BigInt(ipv6From + random.below(prefixes - ipv6From))) << 80n,
        }
      : { family: 4, value: 0x0100_0000 + random.below(blocks * 4_096) },
  );
}

function lookUp(table: RibTable, addresses: readonly Address[]): number {
  let found = 0;
  for (const address of addresses) if (table.route(WRITER_ASN, address) !== undefined) found += 1;
  return found;
}

const [path = ''] = process.argv.slice(2);
const startMs = performance.now();
const table = await read(path);
const readSeconds = (performance.now() - startMs) / 1000;
// Before the addresses of the lookups take room: maxRSS begins, on Linux, with what the parent held, VmHWM is its own.
const status = readFileSync('/proc/self/status', 'utf8');
const peakRssBytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
const addresses = createAddresses(LOOKUPS, table.prefixes);
lookUp(table, addresses.slice(0, WARM_UP));
let found = 0;
const rounds = Array.from({ length: ROUNDS }, () => {
  const roundStartMs = performance.now();
  found = lookUp(table, addresses);
  return LOOKUPS / ((performance.now() - roundStartMs) / 1000);
});
const reading: MrtReading = {
  readSeconds,
  peakRssBytes,
  prefixes: table.prefixes,
  routes: table.routes,
  lookupsPerSecond: median(rounds),
  found: found / LOOKUPS,
};
process.stdout.write(JSON.stringify(reading));
