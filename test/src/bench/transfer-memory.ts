import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { DownloadResult } from '@fairhop/client-agent';
import { runCommand, startServices, startSubscriber, writeSampleFile } from '@fairhop/fairhop';

const COMMAND = fileURLToPath(new URL('../../../bin/fairhop', import.meta.url));
const PEAK = new URL('transfer-peak.js', import.meta.url).href;
const DOWNLOADER_ADDRESS = '127.1.0.5';
const UPLOADER_ADDRESS = '127.2.0.9';
/** Slower than the seed, so that most of the download comes from an agent, as in a swarm. */
const EDGE_BITS_PER_SECOND = 400_000_000;
const TIMEOUT_MS = 300_000;
const OWNER = 'bench';

export interface MemoryMeasured {
  readonly peakRssBytes: number;
  readonly bytesFromPeers: number;
  readonly seconds: number;
}

/** Peak resident memory of a `fairhop get` process, from its start to its end, beside a peer with a permit and an edge. */
export async function measureMemory(directory: string, sizeBytes: number): Promise<MemoryMeasured> {
  await mkdir(directory);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const all = await startServices(directory, { edgeRateBitsPerSecond: EDGE_BITS_PER_SECOND });
    undo.push(all.stop);
    const { coordinatorUrl, accountingUrl, operatorToken: token } = all;
    const type = (...words: string[]): Promise<unknown> =>
      runCommand(words, { coordinatorUrl, accountingUrl, token }, signal);
    const file = join(directory, 'file.bin');
    await writeSampleFile(file, sizeBytes, signal);
    await type('owner', 'add', OWNER);
    const publish = ['publish', file, '--owner', OWNER, '--origin-directory', all.originDirectory];
    const { landingUrl } = (await type(...publish)) as { landingUrl: string };
    await rm(file);
    await type('isp', 'agreement', 'set', 'sp2', 'uplinks', '--networks', '127.2.0.0/16');
    const seed = startSubscriber({
      name: 'seed',
      address: UPLOADER_ADDRESS,
      dataDirectory: join(directory, 'seed'),
      coordinatorUrl,
      uploadRate: '10Gbit/s',
    });
    undo.push(seed.stop);
    await seed.ready;
    await seed.control.download({ reference: landingUrl }, () => undefined, signal);
    return await getMeasured(directory, landingUrl, signal);
  } finally {
    for (const step of undo.reverse()) await step().catch(() => undefined);
  }
}

async function getMeasured(
  directory: string,
  landingUrl: string,
  signal: AbortSignal,
): Promise<MemoryMeasured> {
  const dataDirectory = join(directory, 'downloader');
  const words = ['get', landingUrl, '--json', '--output', join(directory, 'copy.bin')];
  words.push('--bind', DOWNLOADER_ADDRESS, '--data-dir', dataDirectory);
  const child = spawn(process.execPath, ['--import', PEAK, COMMAND, ...words], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: dataDirectory },
    signal,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve(code));
  });
  const [code, output, errors, peak] = await Promise.all([
    ended,
    text(child.stdout!),
    text(child.stderr!),
    text(child.stdio[3] as Readable),
  ]);
  if (code !== 0) throw new Error(`fairhop get ended with ${code}: ${errors.trim()}`);
  const { bytesFromPeers, seconds } = JSON.parse(output) as DownloadResult;
  return { peakRssBytes: Number(peak), bytesFromPeers, seconds };
}
