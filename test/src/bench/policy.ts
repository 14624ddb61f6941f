import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DownloadProgress } from '@fairhop/client-agent';
import {
  bitsPerSecond,
  type LoadSample,
  maxBitsPerSecond,
  runCommand,
  type Subscriber,
  startServices,
  startSubscriber,
  writeSampleFile,
} from '@fairhop/fairhop';
import { atLeast, atMost, type BenchResult } from './result.js';

const OWNER = 'bench';
/** Everything that comes to SP3 comes over it: from the CDN's edge by the backbone and SP2, from SP2's subscribers straight. */
const LINK = 'link:as:64502>as:64503';
const DOWNLOADERS = 6;
const DOWNLINK_BITS_PER_SECOND = 15_000_000;
const CAP_BITS_PER_SECOND = (DOWNLOADERS * DOWNLINK_BITS_PER_SECOND) / 3;
const SIZE_BYTES = 24 * 1024 * 1024;
const SEEDS = 2;
const SEED_UPLINK = '20Mbit/s';
/** Within which a policy has to bite. */
const BITES_AFTER_MS = 5_000;
/** Downloads run freely for so long before it is set. */
const FREE_MS = 4_000;
const WINDOW_MS = 10_000;
const TIMEOUT_MS = 110_000;

interface Downloads {
  /** Bytes of all that were received so far, by time. */
  readonly received: LoadSample[];
  readonly finished: number;
  /** The first one was done; from then on there is less demand. */
  readonly firstDoneMs: number;
}

/** Payload that arrived, wanted or not: all of it went over the link. */
const bytesOf = ({ bytesFromPeers, bytesFromEdges, wastedBytes }: DownloadProgress): number =>
  bytesFromPeers + bytesFromEdges + wastedBytes;

const downloadAll = async (
  downloaders: readonly Subscriber[],
  reference: string,
  signal: AbortSignal,
): Promise<Downloads> => {
  const bytes = downloaders.map(() => 0);
  const received: LoadSample[] = [];
  const sample = (sum: number): void => {
    const nowMs = performance.now();
    received.push({ askedMs: nowMs, answeredMs: nowMs, bytes: sum });
  };
  sample(0);
  let finished = 0;
  let firstDoneMs = Number.POSITIVE_INFINITY;
  const note = (index: number, progress: DownloadProgress): void => {
    bytes[index] = Math.max(bytes[index]!, bytesOf(progress));
    sample(bytes.reduce((sum, one) => sum + one, 0));
  };
  await Promise.all(
    downloaders.map(async ({ control }, index) => {
      const result = await control.download({ reference }, (progress) => note(index, progress), signal);
      note(index, result);
      firstDoneMs = Math.min(firstDoneMs, performance.now());
      if (result.verified && result.verifiedBytes === SIZE_BYTES) finished += 1;
    }),
  );
  return { received, finished, firstDoneMs };
};

const mbit = (bitsPerSecond: number): string => `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;

export const run = async (): Promise<BenchResult> => {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-policy-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const all = await startServices(directory, {});
    undo.push(all.stop);
    const { coordinatorUrl, accountingUrl, operatorToken: token } = all;
    const fairhop = (...words: string[]): Promise<unknown> =>
      runCommand(words, { coordinatorUrl, accountingUrl, token }, signal);
    await fairhop('owner', 'add', OWNER);
    await fairhop('isp', 'agreement', 'set', 'sp2', 'uplinks', '--networks', '127.2.0.0/16');
    const publish = async (name: string): Promise<string> => {
      const file = join(directory, name);
      await writeSampleFile(file, SIZE_BYTES, signal);
      const words = ['publish', file, '--owner', OWNER, '--origin-directory', all.originDirectory];
      return ((await fairhop(...words)) as { landingUrl: string }).landingUrl;
    };
    const titles = [await publish('free.bin'), await publish('capped.bin')] as const;
    const subscriber = (name: string, address: string, downloadRate?: string): Subscriber => {
      const dataDirectory = join(directory, name);
      const rates = { uploadRate: SEED_UPLINK, ...(downloadRate !== undefined && { downloadRate }) };
      return startSubscriber({ name, address, dataDirectory, coordinatorUrl, ...rates });
    };
    const downlink = `${DOWNLINK_BITS_PER_SECOND / 1e6}Mbit/s`;
    const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
    const seeds = numbers(SEEDS).map((number) => subscriber(`seed-${number}`, `127.2.0.${number}`));
    const downloaders = numbers(DOWNLOADERS).map((number) =>
      subscriber(`sp3-${number}`, `127.3.0.${number}`, downlink),
    );
    undo.push(() => Promise.all([...seeds, ...downloaders].map((one) => one.stop())));
    await Promise.all([...seeds, ...downloaders].map(({ ready }) => ready));
    for (const reference of titles)
      await Promise.all(seeds.map(({ control }) => control.download({ reference }, () => undefined, signal)));

    const free = await downloadAll(downloaders, titles[0], signal);
    const capping = downloadAll(downloaders, titles[1], signal);
    capping.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, FREE_MS));
    await fairhop(
      'policy',
      'set',
      'sp2-to-sp3',
      '--component',
      LINK,
      '--capacity',
      String(CAP_BITS_PER_SECOND),
    );
    const setMs = performance.now();
    const capped = await capping;
    const fromMs = setMs + BITES_AFTER_MS;
    const most = maxBitsPerSecond(
      capped.received.filter(({ askedMs }) => askedMs >= fromMs),
      WINDOW_MS,
    );
    const mean = bitsPerSecond(capped.received, fromMs, capped.firstDoneMs);
    const without = maxBitsPerSecond(free.received, WINDOW_MS);
    const perCap = (rate: number): number => rate / CAP_BITS_PER_SECOND;
    return {
      name: 'policy',
      reference: `the same ${DOWNLOADERS} downloads without the policy: up to ${mbit(without)} over ${LINK} in 10 s; with a capacity of ${mbit(CAP_BITS_PER_SECOND)} up to ${mbit(most)} from 5 s after it was set, ${mbit(mean)} on average until the first was done`,
      figures: {
        maxLoadOverCap: atMost(1.1, perCap(most), 'ratio'),
        finished: atLeast(1, capped.finished / DOWNLOADERS, 'ratio'),
        maxLoadWithoutPolicy: atLeast(2, perCap(without), 'ratio'),
        meanLoadOverCap: atLeast(0.8, perCap(mean), 'ratio'),
      },
    };
  } finally {
    for (const step of undo.reverse()) await step().catch(() => undefined);
  }
};
