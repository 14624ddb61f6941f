import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { FairhopError, type Manifest, type Origin, type Title } from '@fairhop/shared/model';
import { isThisMachine, localDirectory, printJson } from '@fairhop/shared/service';
import { withCoordinator } from './call.js';
import type { CallOptions } from './command-kit.js';
import { hashFile } from './hash-file.js';
import { copyToOrigin } from './origin-directory.js';
import { createProgress } from './progress.js';

export interface PublishOptions extends CallOptions {
  readonly owner: string;
  readonly name?: string;
  readonly origin?: string;
  readonly originDirectory?: string;
  readonly category: string;
  readonly mediaType: string;
  readonly meta?: readonly string[];
  readonly peers: boolean;
  readonly peerCountry?: readonly string[];
}

export async function publish(file: string, given: PublishOptions): Promise<void> {
  const options = { ...given, name: given.name ?? nameOf(file) };
  const sizeBytes = await requireFile(file);
  const metadata = readMetadata(options.meta ?? []);
  const progress = createProgress(`hashing ${file}`, sizeBytes);
  const prepared = await prepare(file, sizeBytes, options, progress.add);
  progress.end();
  const title = await publishPrepared(prepared, metadata, options);
  const landingUrl = `${options.coordinator.replace(/\/+$/, '')}/t/${title.id}`;
  if (options.json) printJson({ title, landingUrl });
  else process.stdout.write(`${landingUrl}\n`);
}

const addOwnerFirst = (cause: FairhopError, owner: string): FairhopError =>
  new FairhopError(
    cause.code,
    `owner ${owner} is not registered; \`fairhop owner add ${owner}\` does that (operator)`,
    { status: cause.status ?? 404, cause },
  );

type NamedOptions = PublishOptions & { readonly name: string };

interface Prepared {
  readonly origin: Origin;
  readonly manifest: Manifest;
  /** Once the coordinator took it: a title that is refused leaves the origin of the one that has its name alone. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

async function publishPrepared(
  { origin, manifest, commit, discard }: Prepared,
  metadata: Record<string, string>,
  options: NamedOptions,
): Promise<Title> {
  const { owner, name, category, mediaType, peers, peerCountry } = options;
  const rules = { peersAllowed: peers, ...(peerCountry && { peerCountries: [...peerCountry] }) };
  const body = { fileName: name, category, mediaType, metadata, manifest, origin, rules };
  try {
    const title = await withCoordinator(options, (client) =>
      client.publish({ params: { owner, name }, body }),
    );
    await commit();
    return title;
  } catch (error) {
    await discard();
    throw error instanceof FairhopError && error.code === 'owner-unknown'
      ? addOwnerFirst(error, owner)
      : error;
  }
}

async function prepare(
  file: string,
  sizeBytes: number,
  options: NamedOptions,
  onBytes: (bytes: number) => void,
): Promise<Prepared> {
  const { origin: url, owner, name } = options;
  const originDirectory = await originDirectoryOf(options);
  if ((url === undefined) === (originDirectory === undefined)) {
    const { originDirectory: implied } = localDirectory(options.dataDir);
    const message = `say where edges get the file from: either --origin URL or --origin-directory DIR (without both, ${implied} is taken if it is there and the coordinator is on this machine)`;
    throw new FairhopError('origin-missing', message, { status: 400 });
  }
  if (originDirectory === undefined) {
    const manifest = await hashFile(file, sizeBytes, { onBytes });
    const nothing = async (): Promise<void> => undefined;
    return { origin: { kind: 'http', url: url! }, manifest, commit: nothing, discard: nothing };
  }
  const copy = await copyToOrigin({ file, sizeBytes, directory: originDirectory, owner, name, onBytes });
  return { ...copy, origin: { kind: 'directory', path: `${owner}/${name}` } };
}

/** What was given, else the origin of the services here: an edge elsewhere does not have it. */
async function originDirectoryOf(options: NamedOptions): Promise<string | undefined> {
  const { origin, originDirectory, dataDir, coordinator } = options;
  if (originDirectory !== undefined || origin !== undefined) return originDirectory;
  if (dataDir === undefined && !isThisMachine(coordinator)) return undefined;
  const implied = localDirectory(dataDir).originDirectory;
  const status = await stat(implied).catch(() => undefined);
  return status?.isDirectory() ? implied : undefined;
}

/** A file's name as a title's: what a title cannot have becomes a hyphen. */
const nameOf = (file: string): string =>
  basename(file)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .slice(0, 64)
    .replace(/^[._-]+|[._-]+$/g, '');

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
