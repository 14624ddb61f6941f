import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DownloadProgress, DownloadResult } from '@fairhop/client-agent';
import { FairhopError } from '@fairhop/shared/model';
import type { AgentDownload } from './report.js';
import type { DemoSetting } from './setting.js';
import type { RunningSubscriber } from './subscribers.js';

const PROGRESS_INTERVAL_MS = { terminal: 250, plain: 2_000 };

/** A title as it was published. */
export interface PublishedTitle {
  readonly file: string;
  /** Landing URL. */
  readonly reference: string;
}

const downloadOf = (directory: string, name: string, { file }: PublishedTitle): string =>
  join(directory, 'downloads', name, basename(file));

/** All of these ask at once; resolves when the last one has it. */
export const race = async (
  { directory, story, signal }: DemoSetting,
  running: readonly RunningSubscriber[],
  title: PublishedTitle,
): Promise<AgentDownload[]> => {
  const startMs = performance.now();
  const progress = new Map<string, DownloadProgress | undefined>(
    running.map(({ name }) => [name, undefined]),
  );
  const tell = (): void => story.progress(progress, performance.now() - startMs);
  const timer = setInterval(
    tell,
    process.stdout.isTTY ? PROGRESS_INTERVAL_MS.terminal : PROGRESS_INTERVAL_MS.plain,
  );
  try {
    return await Promise.all(
      running.map(async ({ name, isp, subscriber }) => {
        const output = downloadOf(directory, name, title);
        await mkdir(dirname(output), { recursive: true });
        const result = await subscriber.control.download(
          { reference: title.reference, output },
          (state) => progress.set(name, state),
          signal,
        );
        progress.set(name, result);
        return agentDownload(name, isp, result);
      }),
    );
  } finally {
    clearInterval(timer);
    tell();
  }
};

const agentDownload = (agent: string, isp: string, result: DownloadResult): AgentDownload => ({
  agent,
  isp,
  verified: result.verified,
  bytes: result.bytes,
  seconds: Math.round(result.seconds * 1000) / 1000,
  bytesFromPeers: result.bytesFromPeers,
  bytesFromEdges: result.bytesFromEdges,
  crossAsBytes: result.crossAsBytes,
  onNetBytes: result.onNetBytes,
  uploadsWithoutPermit: result.uploadsWithoutPermit,
});

const sha256Of = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
};

/** The agents verified each piece; here the whole files are compared with the published one. */
export const verifyFiles = async (
  { directory, story }: DemoSetting,
  running: readonly RunningSubscriber[],
  downloads: readonly AgentDownload[],
  title: PublishedTitle,
): Promise<void> => {
  const published = await sha256Of(title.file);
  for (const { name } of running)
    if ((await sha256Of(downloadOf(directory, name, title))) !== published)
      throw new FairhopError('download-differs', `what ${name} downloaded is not what was published`);
  const slowest = Math.max(...downloads.map(({ seconds }) => seconds));
  story.line(
    `all ${running.length} files equal the published one (SHA-256 ${published.slice(0, 16)}…); the last was done after ${slowest.toFixed(1)} s`,
  );
};
