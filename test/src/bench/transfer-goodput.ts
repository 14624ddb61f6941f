import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from './median.js';
import {
  childPath,
  DOWNLOADER_ADDRESS,
  type Measured,
  makeSeed,
  together,
  transfer,
  UPLOADER_ADDRESS,
} from './transfer-pair.js';

const MIB = 1024 * 1024;
/**
 * Each run of the agents is compared with a raw one right before or after it, so that what else the machine does meets both
 * alike; the median of these ratios counts.
 */
const PAIRS = 7;

export interface Goodput {
  /** Median over the pairs of (the agents' rate ÷ the raw one). */
  readonly ratio: number;
  /** What the raw runs and those of the agents came to, in words. */
  readonly raw: string;
  readonly agents: string;
}

/** One agent to another, verified, on disk and with its receipts in the outboxes, against node-datachannel alone. */
export async function measureGoodput(directory: string, sizeBytes: number): Promise<Goodput> {
  await mkdir(directory);
  try {
    const seed = await makeSeed(join(directory, 'seed'), sizeBytes);
    const [raw, agents]: [Measured[], Measured[]] = [[], []];
    const runRaw = async () => {
      raw.push(await rawTransfer(sizeBytes));
    };
    const runAgents = async () => {
      agents.push(await transfer(seed, join(directory, 'copy')));
      await rm(join(directory, 'copy'), { recursive: true });
    };
    for (let pair = 0; pair < PAIRS; pair++) {
      // The one that is first changes, so that a load that grows or ends favours neither.
      for (const run of pair % 2 === 0 ? [runRaw, runAgents] : [runAgents, runRaw]) await run();
    }
    const ratios = agents.map(({ bytesPerSecond }, pair) => bytesPerSecond / raw[pair]!.bytesPerSecond);
    return { ratio: median(ratios), raw: described(raw), agents: described(agents) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function described(runs: readonly Measured[]): string {
  const rate = median(runs.map(({ bytesPerSecond }) => bytesPerSecond)) / MIB;
  const processorMs = median(runs.map(({ processorMsPerMib }) => processorMsPerMib));
  return `${rate.toFixed(1)} MiB/s, the receiver's processor time ${processorMs.toFixed(1)} ms/MiB`;
}

async function rawTransfer(sizeBytes: number): Promise<Measured> {
  const child = (role: string, address: string): ChildProcess =>
    fork(childPath('transfer-raw.js'), [role, address, String(sizeBytes)]);
  const receiver = child('receive', DOWNLOADER_ADDRESS);
  const sender = child('send', UPLOADER_ADDRESS);
  return together([sender, receiver], (settle) => {
    sender.on('message', (message) => receiver.send(message as object));
    receiver.on('message', (message: Measured & { kind: string }) => {
      if (message.kind === 'done') settle(message);
      else sender.send(message);
    });
  });
}
