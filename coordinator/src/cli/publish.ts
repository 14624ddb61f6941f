import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  FairhopError,
  type Manifest,
  type Origin,
  originSchema,
  ownerIdSchema,
  slugSchema,
  type Title,
} from '@fairhop/shared/model';
import { isThisMachine, localDirectory, printJson } from '@fairhop/shared/service';
import { withCoordinator } from './call.js';
import type { CallOptions } from './command-kit.js';
import { hashFile } from './hash-file.js';
import { copyToOrigin } from './origin-directory.js';
import { createProgress } from './progress.js';
import { readStatement, requireSlug, type Statement, tellOption } from './publish-options.js';

export interface PublishOptions extends CallOptions {
  readonly owner: string;
  readonly name?: string;
  readonly origin?: string;
  readonly originDirectory?: string;
  readonly category?: string;
  readonly mediaType?: string;
  readonly meta?: readonly string[];
  readonly peers?: boolean;
  readonly peerCountry?: readonly string[];
}

export async function publish(file: string, given: PublishOptions): Promise<void> {
  const options = { ...given, name: given.name ?? nameOf(file) };
  const sizeBytes = await requireFile(file);
  requireSlug('--owner', options.owner, ownerIdSchema);
  requireSlug('--name', options.name, slugSchema);
  const stated = readStatement(options);
  const origin = await chooseOrigin(options);
  // Before the file is read: that may take minutes, and whoever may not publish learns it at once.
  const before = await findPublished(options);
  const progress = createProgress(`hashing ${file}`, sizeBytes);
  const prepared = await prepare({ file, sizeBytes, origin, options, onBytes: progress.add });
  progress.end();
  const title = await publishPrepared(prepared, stated, options);
  const unchanged = before?.contentId === title.contentId && before.publishedMs === title.publishedMs;
  const landingUrl = `${options.coordinator.replace(/\/+$/, '')}/t/${title.id}`;
  if (unchanged) process.stderr.write(`${unchangedText(title, stated)}\n`);
  if (options.json) printJson({ title, landingUrl, unchanged });
  else process.stdout.write(`${landingUrl}\n`);
}

/** The title of that name as it is published now. Throws when there is no such owner, or the caller may not publish. */
async function findPublished(options: NamedOptions): Promise<Title | undefined> {
  const { owner, name } = options;
  return withCoordinator(options, async (client) => {
    await client.getOwner({ params: { owner } }).catch((error: unknown) => {
      throw error instanceof FairhopError && error.code === 'owner-unknown'
        ? addOwnerFirst(error, owner)
        : error;
    });
    try {
      return await client.getTitle({ params: { owner, name } });
    } catch (error) {
      if (error instanceof FairhopError && ['title-unknown', 'title-withdrawn'].includes(error.code))
        return undefined;
      throw error;
    }
  });
}

function unchangedText(title: Title, stated: Statement): string {
  const kept = Object.entries(stated)
    .filter(([field, value]) => !isDeepStrictEqual(value, title[field as keyof Statement]))
    .map(([field]) => tellOption[field as keyof Statement]);
  const hint = kept.length === 0 ? '' : `; to change ${kept.join(', ')}, withdraw it first`;
  return `unchanged: ${title.id} is published with this content already${hint}`;
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
  stated: Statement,
  options: NamedOptions,
): Promise<Title> {
  const { owner, name } = options;
  try {
    const title = await withCoordinator(options, (client) =>
      client.publish({ params: { owner, name }, body: { fileName: name, manifest, origin, ...stated } }),
    );
    await commit();
    return title;
  } catch (error) {
    await discard();
    throw error;
  }
}

/** A web server, or a directory that an edge serves. */
type ChosenOrigin = { readonly url: string } | { readonly directory: string };

async function chooseOrigin(options: NamedOptions): Promise<ChosenOrigin> {
  const { origin: url } = options;
  const directory = await originDirectoryOf(options);
  if (url !== undefined && directory === undefined) {
    if (originSchema.safeParse({ kind: 'http', url }).success) return { url };
    const message = `--origin: ${JSON.stringify(url)} must be an http or https URL`;
    throw new FairhopError('invalid-origin', message, { status: 400 });
  }
  if (directory !== undefined && url === undefined) return { directory };
  const { originDirectory: implied } = localDirectory(options.dataDir);
  const message = `say where edges get the file from: either --origin URL or --origin-directory DIR (without both, ${implied} is taken if it is there and the coordinator is on this machine)`;
  throw new FairhopError('origin-missing', message, { status: 400 });
}

async function prepare(work: {
  readonly file: string;
  readonly sizeBytes: number;
  readonly origin: ChosenOrigin;
  readonly options: NamedOptions;
  readonly onBytes: (bytes: number) => void;
}): Promise<Prepared> {
  const { file, sizeBytes, origin, onBytes } = work;
  const { owner, name } = work.options;
  if ('url' in origin) {
    const manifest = await hashFile(file, sizeBytes, { onBytes });
    const nothing = async (): Promise<void> => undefined;
    return { origin: { kind: 'http', url: origin.url }, manifest, commit: nothing, discard: nothing };
  }
  const copy = await copyToOrigin({ file, sizeBytes, directory: origin.directory, owner, name, onBytes });
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
