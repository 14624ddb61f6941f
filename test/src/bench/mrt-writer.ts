import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { createSeededRandom, type SeededRandom } from '@fairhop/coordinator';

export const WRITER_ASN = 3_356;
const PEER_ASNS = [174, 1_299];
const HEADER_BYTES = 12;
const TABLE_DUMP_V2 = 13;
const BATCH_BYTES = 1 << 20;
/** As in the routing table of the Internet: a sixth of the prefixes is of IPv6, 80,000 ASes announce them. */
const IPV6_SHARE = 6;
const ORIGINS = 80_000;
const SECOND_ROUTE_SHARE = 4;
/** IPv4 prefixes lie in blocks of this size from 1.0.0.0 on; every fourth is inside the one before it. */
const BLOCK_ADDRESSES = 4_096;

/** A RIB with so many prefixes, every fourth with two routes, as gzip; the same for the same seed. */
export async function writeRib(path: string, prefixes: number): Promise<void> {
  const batches = createBatches(createSeededRandom('0ddba11ad0d0cafe0123456789abcdef'), prefixes);
  await pipeline(Readable.from(batches), createGzip({ level: 1 }), createWriteStream(path));
}

function* createBatches(random: SeededRandom, prefixes: number): Generator<Buffer> {
  const ways = Array.from({ length: ORIGINS }, (_, index) => createWays(random, 10_000 + index));
  let batch = Buffer.alloc(BATCH_BYTES + 4_096);
  let end = writePeers(batch, 0);
  for (let index = 0; index < prefixes; index += 1) {
    end = writePrefix(batch, end, index, prefixes, ways, random);
    if (end < BATCH_BYTES) continue;
    yield batch.subarray(0, end);
    batch = Buffer.alloc(BATCH_BYTES + 4_096);
    end = 0;
  }
  yield batch.subarray(0, end);
}

/** AS_PATH attributes of an origin, two each by peer. */
function createWays(random: SeededRandom, origin: number): Buffer[][] {
  return PEER_ASNS.map((peer) =>
    Array.from({ length: 2 }, () => {
      const middle = Array.from({ length: 1 + random.below(4) }, () => 100_000 + random.below(6_000));
      const asns = [peer, ...new Set(middle), ...Array.from({ length: 1 + random.below(3) }, () => origin)];
      const way = Buffer.alloc(5 + 4 * asns.length);
      way.set([0x40, 2, 2 + 4 * asns.length, 2, asns.length]);
      for (const [place, asn] of asns.entries()) way.writeUInt32BE(asn, 5 + 4 * place);
      return way;
    }),
  );
}

function writeHeader(batch: Buffer, at: number, subtype: number, length: number): void {
  batch.writeUInt32BE(1_800_000_000, at);
  batch.writeUInt16BE(TABLE_DUMP_V2, at + 4);
  batch.writeUInt16BE(subtype, at + 6);
  batch.writeUInt32BE(length, at + 8);
}

function writePeers(batch: Buffer, at: number): number {
  let end = batch.writeUInt32BE(0xc612_0001, at + HEADER_BYTES);
  end = batch.writeUInt16BE(0, end);
  end = batch.writeUInt16BE(PEER_ASNS.length, end);
  PEER_ASNS.forEach((asn, index) => {
    end = batch.writeUInt8(2, end);
    end = batch.writeUInt32BE(0xc613_0000 + index, end);
    end = batch.writeUInt32BE(0xc613_0000 + index, end);
    end = batch.writeUInt32BE(asn, end);
  });
  writeHeader(batch, at, 1, end - at - HEADER_BYTES);
  return end;
}

function writePrefix(
  batch: Buffer,
  at: number,
  index: number,
  prefixes: number,
  ways: readonly Buffer[][][],
  random: SeededRandom,
): number {
  const isIpv6 = index >= prefixes - Math.floor(prefixes / IPV6_SHARE);
  let end = batch.writeUInt32BE(index, at + HEADER_BYTES);
  end = isIpv6 ? writeIpv6Prefix(batch, end, index) : writeIpv4Prefix(batch, end, index);
  const way = ways[random.below(ORIGINS)]!;
  const routes = index % SECOND_ROUTE_SHARE === 0 ? 2 : 1;
  end = batch.writeUInt16BE(routes, end);
  const first = random.below(PEER_ASNS.length);
  for (let route = 0; route < routes; route += 1) {
    const peer = (first + route) % PEER_ASNS.length;
    end = writeRoute(batch, end, peer, way[peer]![random.below(2)]!, isIpv6);
  }
  writeHeader(batch, at, isIpv6 ? 4 : 2, end - at - HEADER_BYTES);
  return end;
}

/** Of /20 to /22 at the beginning of a block, and of /24 in it. */
function writeIpv4Prefix(batch: Buffer, at: number, index: number): number {
  const block = Math.floor(index / 4) * 3 + Math.min(index % 4, 2);
  const isInside = index % 4 === 3;
  const first = 0x0100_0000 + block * BLOCK_ADDRESSES + (isInside ? 256 : 0);
  const length = isInside ? 24 : 20 + (index % 3);
  let end = batch.writeUInt8(length, at);
  end = batch.writeUInt8(first >>> 24, end);
  end = batch.writeUInt8((first >>> 16) & 255, end);
  return batch.writeUInt8((first >>> 8) & 255, end);
}

function writeIpv6Prefix(batch: Buffer, at: number, index: number): number {
  let end = batch.writeUInt8(48, at);
  end = batch.writeUInt16BE(0x2a00, end);
  return batch.writeUInt32BE(index, end);
}

function writeRoute(batch: Buffer, at: number, peer: number, way: Buffer, isIpv6: boolean): number {
  let end = batch.writeUInt16BE(peer, at);
  end = batch.writeUInt32BE(1_799_990_000, end);
  const lengthAt = end;
  end += 2;
  end += Buffer.from([0x40, 1, 1, 0]).copy(batch, end);
  end += way.copy(batch, end);
  if (isIpv6) {
    end += Buffer.from([0x80, 14, 17, 16]).copy(batch, end);
    end += Buffer.from(`20010db80000000000000000000000${peer + 10}`, 'hex').copy(batch, end);
  } else {
    end += Buffer.from([0x40, 3, 4, 198, 19, 0, peer]).copy(batch, end);
  }
  end += Buffer.from([0x40, 5, 4, 0, 0, 0, 100]).copy(batch, end);
  batch.writeUInt16BE(end - lengthAt - 2, lengthAt);
  return end;
}
