import { join } from 'node:path';
import { formatBitRate, sleep } from '@fairhop/shared/service';
import { type LoadSample, maxBitsPerSecond } from './link-load.js';
import { publish } from './publish-and-permit.js';
import { race, verifyFiles } from './race.js';
import type { AgentDownload } from './report.js';
import type { DemoPolicy } from './report-settlement.js';
import { writeSampleFile } from './sample-file.js';
import type { DemoSetting } from './setting.js';
import type { RunningSubscriber } from './subscribers.js';
import type { Typing } from './typing.js';

const POLICY = 'sp1-to-sp2';
/** Of SP1's subscribers to those of SP2, and to those of SP3 behind it; the CDN's edge comes to them by the backbone. */
const LINK = 'link:as:64501>as:64502';
const CAPACITY_BITS_PER_SECOND = 4_000_000;
const TRAILER_BYTES = 8 * 1024 * 1024;
const WINDOW_MS = 5_000;
const SAMPLE_INTERVAL_MS = 250;

interface PolicyChapter {
  readonly policy: DemoPolicy;
  readonly downloads: readonly AgentDownload[];
}

export interface PolicyParts {
  readonly operator: Typing;
  /** With the ISP's own key. */
  readonly sp1: Typing;
  /** Over the link on average, while the first title was fetched. */
  readonly bitsPerSecondBefore: number;
}

/**
 * SP1 sets a capacity of its link to SP2, and a second title is fetched beyond it, of which SP1's subscribers are the first holders.
 */
export const letPolicyBite = async (
  setting: DemoSetting,
  running: readonly RunningSubscriber[],
  { operator, sp1, bitsPerSecondBefore }: PolicyParts,
): Promise<PolicyChapter> => {
  const { directory, story, signal } = setting;
  story.chapter('A policy bites: SP1 limits its link to SP2');
  story.line(`it carried ${formatBitRate(bitsPerSecondBefore)} on average while the title was fetched`);
  const file = join(directory, 'demo-trailer.mp4');
  await writeSampleFile(file, TRAILER_BYTES, signal);
  const title = await publish(setting, operator, file);
  const holders = running.filter(({ isp }) => isp === 'sp1');
  const others = running.filter(({ isp }) => isp !== 'sp1');
  story.line('SP1’s subscribers get it first');
  const first = await race(setting, holders, title);
  const capacity = formatBitRate(CAPACITY_BITS_PER_SECOND);
  await sp1.type(
    ...['policy', 'set', POLICY, '--component', LINK],
    ...['--capacity', String(CAPACITY_BITS_PER_SECOND)],
  );
  story.line(`$ fairhop policy set ${POLICY} --component '${LINK}' --capacity '${capacity}'`);
  story.line('then those of SP2 and SP3');
  const sampling = sampleSent(holders, signal);
  const beyond = await race(setting, others, title).finally(sampling.stop);
  const maxLoadBitsPerSecond = Math.round(maxBitsPerSecond(await sampling.samples, WINDOW_MS));
  const downloads = [...first, ...beyond];
  await verifyFiles(setting, running, downloads, title);
  const { refusals } = (await sp1.type('policy', 'show', POLICY)) as { readonly refusals: number };
  story.line(
    `over ${LINK} went ${formatBitRate(maxLoadBitsPerSecond)} at most, over ${WINDOW_MS / 1000} seconds, of a capacity of ${capacity}`,
  );
  story.line(
    `${refusals} times a source behind it was left out for that; all ${others.length} got the title from each other and by the backbone`,
  );
  const finished = downloads.every(({ verified, bytes }) => verified && bytes === TRAILER_BYTES);
  return {
    policy: {
      ...{ id: POLICY, component: LINK, capacityBitsPerSecond: CAPACITY_BITS_PER_SECOND },
      ...{ maxLoadBitsPerSecond, refusals, finished },
    },
    downloads,
  };
};

/** What these agents count themselves as sent. They hold the whole title: none of it goes to each other. */
const sampleSent = (
  holders: readonly RunningSubscriber[],
  signal: AbortSignal,
): { readonly samples: Promise<LoadSample[]>; readonly stop: () => void } => {
  let isStopped = false;
  const sentBytes = async (): Promise<number> => {
    const statuses = await Promise.all(holders.map(({ subscriber }) => subscriber.control.status()));
    return statuses.reduce((sum, { upload }) => sum + upload.sentThisMonthBytes, 0);
  };
  const sampleAll = async (): Promise<LoadSample[]> => {
    const samples: LoadSample[] = [];
    for (let isLast = false; ; isLast = isStopped) {
      const askedMs = performance.now();
      const bytes = await sentBytes();
      samples.push({ askedMs, answeredMs: performance.now(), bytes });
      if (isLast) return samples;
      await sleep(SAMPLE_INTERVAL_MS, signal);
    }
  };
  const samples = sampleAll();
  samples.catch(() => undefined);
  return {
    samples,
    stop: () => {
      isStopped = true;
    },
  };
};
