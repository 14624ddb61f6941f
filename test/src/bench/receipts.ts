import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeFrame } from '@fairhop/shared/wire';
import { median } from './median.js';
import { atMost, type BenchResult } from './result.js';
import { makeSeed, type Transferred, transfer } from './transfer-pair.js';

const MIB = 1024 * 1024;
const SIZE_BYTES = 256 * MIB;
/** One transfer's rate varies by some percent on its own; on a busy machine the median of so many pairs still does by one or two. */
const PAIRS = 25;
const RECEIPT_BYTES = 133;
/** Around each receipt: IPv4 20 and UDP 8, DTLS 1.2 record with AES-GCM 37, SCTP 12, DATA chunk 16 and its padding 3. */
const PACKET_BYTES = 20 + 8 + 37 + 12 + 16 + 3;

/** What receipts, statements and the outbox cost a transfer: the same one with and without them, one after the other. */
export async function run(): Promise<BenchResult> {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-receipts-'));
  try {
    const seed = await makeSeed(join(directory, 'seed'), SIZE_BYTES);
    const runs: Record<'proven' | 'bare', Transferred[]> = { proven: [], bare: [] };
    const once = async (kind: keyof typeof runs): Promise<void> => {
      runs[kind].push(await transfer(seed, join(directory, 'copy'), kind === 'proven'));
      await rm(join(directory, 'copy'), { recursive: true });
    };
    // What is read and loaded for the first time is so for neither.
    await transfer(seed, join(directory, 'copy'));
    await rm(join(directory, 'copy'), { recursive: true });
    for (let pair = 0; pair < PAIRS; pair++) {
      // The one that is first changes, so that a load that grows or ends favours neither.
      for (const kind of pair % 2 === 0 ? (['bare', 'proven'] as const) : (['proven', 'bare'] as const))
        await once(kind);
    }
    return resultOf(runs.proven, runs.bare);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function resultOf(proven: readonly Transferred[], bare: readonly Transferred[]): BenchResult {
  const ofPairs = (figure: (run: Transferred) => number): number =>
    median(proven.map((run, pair) => figure(run) / figure(bare[pair]!)));
  const processorMs = (run: Transferred): number => run.processorMsPerMib + run.uploaderMsPerMib;
  const frameBytes = encodeFrame({ type: 'receipt', receipt: new Uint8Array(RECEIPT_BYTES) }).length;
  const addedBytes = median(
    proven.map(({ receipts, reportBytes }) => receipts * (frameBytes + PACKET_BYTES) + reportBytes),
  );
  const described = (runs: readonly Transferred[]): string => {
    const of = (figure: (run: Transferred) => number): string => median(runs.map(figure)).toFixed(2);
    return (
      `${of((run) => run.bytesPerSecond / MIB)} MiB/s, processor time ${of((run) => run.processorMsPerMib)} ms/MiB ` +
      `of the downloader and ${of((run) => run.uploaderMsPerMib)} of the uploader`
    );
  };
  return {
    name: 'receipts',
    reference:
      `the same transfer of ${SIZE_BYTES / MIB} MiB without receipts and statements: ${described(bare)}; with them: ` +
      `${described(proven)}; ${median(proven.map(({ receipts }) => receipts))} receipts sent; ` +
      `processor time of both ends ${(100 * (ofPairs(processorMs) - 1)).toFixed(1)} % more (medians of ${PAIRS} pairs)`,
    figures: {
      receiptThroughputCost: atMost(2, 100 * (1 - ofPairs((run) => run.bytesPerSecond)), '%'),
      receiptByteCost: atMost(0.1, (100 * addedBytes) / SIZE_BYTES, '%'),
    },
  };
}
