import { stat } from 'node:fs/promises';
import { FairhopError, type Origin } from '@fairhop/shared/model';
import { printJson } from '@fairhop/shared/service';
import { withCoordinator } from './call.js';
import type { CallOptions } from './command-kit.js';
import { hashFile } from './hash-file.js';
import { placeInOrigin } from './origin-directory.js';
import { createProgress } from './progress.js';

export interface PublishOptions extends CallOptions {
  readonly owner: string;
  readonly name: string;
  readonly origin?: string;
  readonly originDirectory?: string;
  readonly category: string;
  readonly mediaType: string;
  readonly meta?: readonly string[];
  readonly peers: boolean;
  readonly peerCountry?: readonly string[];
}

export async function publish(file: string, options: PublishOptions): Promise<void> {
  const { owner, name } = options;
  const sizeBytes = await requireFile(file);
  const metadata = readMetadata(options.meta ?? []);
  const progress = createProgress(`hashing ${file}`, sizeBytes);
  const { origin, manifest } = await hashAndPlace(file, sizeBytes, options, progress.add);
  progress.end();
  const title = await withCoordinator(options, (client) =>
    client.publish({
      params: { owner, name },
      body: {
        fileName: name,
        category: options.category,
        mediaType: options.mediaType,
        metadata,
        manifest,
        origin,
        rules: {
          peersAllowed: options.peers,
          ...(options.peerCountry && { peerCountries: [...options.peerCountry] }),
        },
      },
    }),
  );
  const landingUrl = `${options.coordinator.replace(/\/+$/, '')}/t/${title.id}`;
  if (options.json) printJson({ title, landingUrl });
  else process.stdout.write(`${landingUrl}\n`);
}

async function hashAndPlace(
  file: string,
  sizeBytes: number,
  options: PublishOptions,
  onBytes: (bytes: number) => void,
): Promise<{ origin: Origin; manifest: Awaited<ReturnType<typeof hashFile>> }> {
  const { origin: url, originDirectory, owner, name } = options;
  if ((url === undefined) === (originDirectory === undefined)) {
    const message = 'say where edges get the file from: either --origin URL or --origin-directory DIR';
    throw new FairhopError('origin-missing', message, { status: 400 });
  }
  if (originDirectory === undefined) {
    return { origin: { kind: 'http', url: url! }, manifest: await hashFile(file, sizeBytes, { onBytes }) };
  }
  const manifest = await placeInOrigin({ file, sizeBytes, directory: originDirectory, owner, name, onBytes });
  return { origin: { kind: 'directory', path: `${owner}/${name}` }, manifest };
}

async function requireFile(file: string): Promise<number> {
  const refuse = (why: string, cause?: unknown) =>
    new FairhopError('file-unusable', `file ${file} ${why}`, { status: 400, cause });
  const status = await stat(file).catch((cause: unknown) => {
    throw refuse(
      `cannot be read (${cause instanceof Error ? cause.message : cause}); name a readable file`,
      cause,
    );
  });
  if (!status.isFile()) throw refuse('is no regular file; name one file');
  if (status.size === 0) throw refuse('is empty; a title has at least one byte');
  return status.size;
}

function readMetadata(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      if (key !== undefined && value !== undefined) return [key, value];
      const message = `--meta: ${JSON.stringify(pair)} is no pair; key=value is right, such as artist=Someone`;
      throw new FairhopError('invalid-metadata', message, { status: 400 });
    }),
  );
}
