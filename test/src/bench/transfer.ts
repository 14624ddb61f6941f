import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atLeast, atMost, type BenchResult } from './result.js';
import { measureGoodput } from './transfer-goodput.js';
import { measureMemory } from './transfer-memory.js';

const MIB = 1024 * 1024;
const TRANSFER_BYTES = 512 * MIB;
const MEMORY_BYTES = 1024 * MIB;

/**
 * One agent's transfer to another on loopback, verified, on disk and recorded, against node-datachannel alone; and the memory
 * of a whole `fairhop get`.
 */
export async function run(): Promise<BenchResult> {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-transfer-'));
  try {
    const goodput = await measureGoodput(join(directory, 'goodput'), TRANSFER_BYTES);
    const memory = await measureMemory(join(directory, 'memory'), MEMORY_BYTES);
    const shareFromPeers = (100 * memory.bytesFromPeers) / MEMORY_BYTES;
    return {
      name: 'transfer',
      reference:
        `node-datachannel alone between two processes: ${goodput.raw}; the agents: ${goodput.agents}. ` +
        `The process of the memory: fairhop get of 1 GiB, ${shareFromPeers.toFixed(0)} % from a peer and the rest ` +
        `from the edge, in ${memory.seconds.toFixed(1)} s`,
      figures: {
        goodputRatio: atLeast(0.7, goodput.ratio, 'ratio'),
        peakRssBytes: atMost(256 * MIB, memory.peakRssBytes, 'bytes'),
      },
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
