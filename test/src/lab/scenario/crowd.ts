import { setTimeout as delay } from 'node:timers/promises';
import type { Subscriber } from './subscribers.js';
import { type Downloaded, downloadTitle, type PublishedTitle } from './titles.js';

const INTERVAL_MS = 100;

export interface CrowdConfig {
  readonly title: PublishedTitle;
  readonly subscribers: readonly Subscriber[];
  readonly directory: string;
  readonly signal: AbortSignal;
  /** What happens meanwhile, one after the other, each when so much of all bytes has arrived. */
  readonly events: readonly { readonly atShare: number; happen(): Promise<void> }[];
}

export interface Crowd {
  readonly startMs: number;
  readonly endMs: number;
  readonly downloads: readonly Downloaded[];
}

/** All get the title at once; resolves when the last one has it and everything that should happen has happened. */
export async function runCrowd({
  title,
  subscribers,
  directory,
  signal,
  events,
}: CrowdConfig): Promise<Crowd> {
  const verifiedBytes = new Map<string, number>();
  const share = (): number =>
    [...verifiedBytes.values()].reduce((total, bytes) => total + bytes, 0) /
    (title.sizeBytes * subscribers.length);
  const startMs = Date.now();
  let endMs = startMs;
  let isOver = false;
  const downloading = Promise.all(
    subscribers.map(async (subscriber) => {
      const { name } = subscriber.host;
      const downloaded = await downloadTitle(title, subscriber, directory, signal, (progress) =>
        verifiedBytes.set(name, progress.verifiedBytes),
      );
      endMs = Math.max(endMs, downloaded.endMs);
      return downloaded;
    }),
  ).finally(() => {
    isOver = true;
  });
  const happening = async (): Promise<void> => {
    for (const { atShare, happen } of events) {
      while (!isOver && share() < atShare) await delay(INTERVAL_MS, undefined, { signal });
      await happen();
    }
  };
  const [downloads] = await Promise.all([downloading, happening()]);
  return { startMs, endMs, downloads };
}
