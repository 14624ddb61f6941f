import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createGzip } from 'node:zlib';
import { expect, it } from 'vitest';
import { formatAddress } from '../address.js';
import { asPath, peers, rib } from '../mrt/test-support.js';
import { readRibs } from './read-rib.js';
import type { RibTable } from './rib-table.js';

const prefixes = 100_000;
const routesEach = 2;
const neighbours = [64_501, 64_502];
/** A way in ten is one of its own. */
const origins = prefixes / 10;

const prefixOf = (index: number): string =>
  `${formatAddress({ family: 4, value: 0x0b00_0000 + index * 256 })}/24`;
const originOf = (index: number): number => 100_000 + (index % origins);

function* records(): Generator<Buffer> {
  yield Buffer.from(peers(neighbours));
  for (let index = 0; index < prefixes; index += 1) {
    const routes = neighbours.map((asn, peer) => ({
      peer,
      attributes: asPath(asn, 64_505, originOf(index)),
    }));
    yield Buffer.from(rib(prefixOf(index), routes));
  }
}

/** Bytes that live, once what does not is collected. */
function livingBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

it('is read whole from a file, and kept in some bytes for each route', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-large-rib-'));
  try {
    const file = join(directory, 'rib.gz');
    await pipeline(Readable.from(records()), createGzip({ level: 1 }), createWriteStream(file));
    const before = livingBytes();
    const tables: RibTable[] = [];
    const buffersBefore = process.memoryUsage().arrayBuffers;
    let mostBytes = 0;
    const watch = setInterval(() => {
      mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers - buffersBefore);
    }, 5);
    for await (const table of readRibs(file, { asn: 64_500 })) tables.push(table);
    clearInterval(watch);
    const [table] = tables;
    expect(table).toMatchObject({ prefixes, routes: routesEach * prefixes });
    for (let index = 0; index < prefixes; index += 997) {
      expect(table?.route(64_500, prefixOf(index).replace('.0/24', '.7'))?.asPath).toEqual([
        64_500,
        64_501,
        64_505,
        originOf(index),
      ]);
    }
    const keptBytes = livingBytes() - before;
    expect(keptBytes / table!.routes).toBeLessThan(40);
    // While it is read: columns that grow by half, their sorted copy, and chunks of the file.
    expect(mostBytes).toBeLessThan(48 * 1024 * 1024);
    expect((await stat(file)).size).toBeGreaterThan(prefixes);
  } finally {
    await rm(directory, { recursive: true });
  }
}, 60_000);
