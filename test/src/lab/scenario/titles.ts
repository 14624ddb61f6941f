import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DownloadProgress } from '@fairhop/client-agent';
import { runCommand } from '@fairhop/fairhop';
import type { Services } from './services.js';
import { MIB, OWNER } from './settings.js';
import type { Subscriber } from './subscribers.js';

export interface PublishedTitle {
  /** `owner/name` */
  readonly id: string;
  readonly contentId: string;
  readonly sizeBytes: number;
  readonly pieceLengthBytes: number;
  readonly sha256: string;
}

/** Puts random bytes on the owner's server and publishes them as an owner would. */
export async function publishTitle(
  services: Services,
  name: string,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<PublishedTitle> {
  const file = join(services.originDirectory, name);
  const hash = createHash('sha256');
  const handle = await open(file, 'w');
  for (let writtenBytes = 0; writtenBytes < sizeBytes; writtenBytes += MIB) {
    const bytes = randomBytes(Math.min(MIB, sizeBytes - writtenBytes));
    hash.update(bytes);
    await handle.write(bytes);
  }
  await handle.close();
  const words = ['publish', file, '--owner', OWNER, '--name', name, '--origin', services.originUrl(name)];
  await runCommand([...words, '--category', 'video'], services.environment, signal);
  const { id, contentId } = await services.coordinator.getTitle({ params: { owner: OWNER, name } });
  const { pieceLengthBytes } = await services.coordinator.getManifest({ params: { contentId } });
  return { id, contentId, sizeBytes, pieceLengthBytes, sha256: hash.digest('hex') };
}

export interface Downloaded {
  readonly subscriber: Subscriber;
  /** The file's SHA-256 is the published one. */
  readonly isVerified: boolean;
  /** When the agent said so, by the lab's clock: how long it took is not the agent's to say. */
  readonly endMs: number;
}

/** One subscriber gets a title; the file is hashed once more as a whole. */
export async function downloadTitle(
  { id, sha256 }: PublishedTitle,
  subscriber: Subscriber,
  directory: string,
  signal: AbortSignal,
  onProgress: (progress: DownloadProgress) => void = () => undefined,
): Promise<Downloaded> {
  const output = join(directory, `${subscriber.host.name}-${id.replace('/', '-')}`);
  await subscriber.control.download({ reference: id, output }, onProgress, signal);
  const endMs = Date.now();
  const hash = createHash('sha256');
  await pipeline(createReadStream(output), hash);
  await rm(output);
  return { subscriber, isVerified: hash.digest('hex') === sha256, endMs };
}
