import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ContentId,
  contentIdSchema,
  FairhopError,
  type Manifest,
  manifestSchema,
  pieceCount,
  type Title,
  titleSchema,
} from '@fairhop/shared/model';
import { writeFileAtomic } from '@fairhop/shared/service';
import { chooseEvictions } from './eviction.js';
import { exportFile } from './export-file.js';
import { dataFile, openFilePieceStore } from './file-piece-store.js';
import { writeError } from './piece-errors.js';
import { type PieceStore, verifiedBytesOf } from './piece-store.js';

/** One content of the store. */
export interface HeldContent {
  readonly title: Title;
  readonly manifest: Manifest;
  readonly store: PieceStore;
  readonly lastUsedMs: number;
  /** Of pieces that are verified and on disk. */
  readonly verifiedBytes: number;
  /** A download writes to it: it is never evicted. */
  readonly running: boolean;
}

export interface ContentStore {
  /** Opens what the directory holds, each piece hashed again. */
  start(): Promise<void>;
  /** Settles with `start`. */
  ready(): Promise<void>;
  stop(): Promise<void>;
  list(): readonly HeldContent[];
  get(contentId: ContentId): HeldContent | undefined;
  /**
   * Opens a content for a download, which holds it until `release`; room for the whole content is made by evicting
   * others, the least recently used first, and those that are not complete last. @throws `disk-budget-exceeded`, `disk-full`
   */
  openForDownload(title: Title, manifest: Manifest): Promise<{ store: PieceStore; release: () => void }>;
  /** Marks a content as used now, so that others are evicted before it. */
  touch(contentId: ContentId): void;
  /** @throws `output-exists`, `content-incomplete`, `disk-full` */
  exportTo(contentId: ContentId, output: string, force: boolean): Promise<void>;
  /** Deletes a content, whoever uses it. */
  remove(contentId: ContentId): Promise<void>;
}

export interface ContentStoreConfig {
  /** Each content has a directory in it: `manifest.json`, `title.json`, `data`, `verified`. */
  directory: string;
  /** Most bytes of content that are kept. */
  budgetBytes: number;
}

export interface ContentStoreDependencies {
  nowMs(): number;
  /** A content is gone from the store: nobody may be served from it. */
  onRemoved(contentId: ContentId): void;
  /** A directory that is no content was left alone, and why. */
  onUnusable(directory: string, error: unknown): void;
}

interface Entry {
  title: Title;
  manifest: Manifest;
  store: PieceStore;
  lastUsedMs: number;
  users: number;
  readonly running: boolean;
  readonly verifiedBytes: number;
}

export function createContentStore(
  { directory, budgetBytes }: ContentStoreConfig,
  { nowMs, onRemoved, onUnusable }: ContentStoreDependencies,
): ContentStore {
  const entries = new Map<ContentId, Entry>();
  let started: Promise<void> = Promise.resolve();
  let stopped = false;
  /** Opening and removing are done one after the other, so that two downloads never share the same room. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work, work);
    last = result.catch(() => undefined);
    return result;
  };
  const directoryOf = (contentId: ContentId): string => join(directory, contentId);

  const addEntry = (title: Title, manifest: Manifest, store: PieceStore, lastUsedMs: number): Entry => {
    const entry: Entry = {
      title,
      manifest,
      store,
      lastUsedMs,
      users: 0,
      get running() {
        return this.users > 0;
      },
      get verifiedBytes() {
        return verifiedBytesOf(this.store);
      },
    };
    entries.set(manifest.contentId, entry);
    return entry;
  };

  const load = async (contentId: ContentId): Promise<void> => {
    const path = directoryOf(contentId);
    const manifest = manifestSchema.parse(JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8')));
    const title = titleSchema.parse(JSON.parse(await readFile(join(path, 'title.json'), 'utf8')));
    if (manifest.contentId !== contentId) throw new Error(`its manifest is of content ${manifest.contentId}`);
    const { mtimeMs } = await stat(join(path, 'title.json'));
    addEntry(title, manifest, await openFilePieceStore(path, manifest), mtimeMs);
  };

  const removeNow = async (contentId: ContentId): Promise<void> => {
    const entry = entries.get(contentId);
    if (!entry) return;
    entries.delete(contentId);
    onRemoved(contentId);
    await entry.store.close();
    await rm(directoryOf(contentId), { recursive: true, force: true });
  };

  /** A running download will need all of its content; one that rests takes what it has. */
  const usedBytes = (entry: Entry): number =>
    entry.running || entry.store.complete ? entry.manifest.sizeBytes : entry.verifiedBytes;

  const makeRoom = async (contentId: ContentId, sizeBytes: number): Promise<void> => {
    const others = [...entries.values()].filter((entry) => entry.manifest.contentId !== contentId);
    const evicted = chooseEvictions(
      others.map((entry) => ({
        contentId: entry.manifest.contentId,
        usedBytes: usedBytes(entry),
        lastUsedMs: entry.lastUsedMs,
        complete: entry.store.complete,
        running: entry.running,
      })),
      sizeBytes,
      budgetBytes,
    );
    if (evicted === undefined) {
      const occupied = others.reduce((sum, entry) => sum + usedBytes(entry), 0);
      throw new FairhopError(
        'disk-budget-exceeded',
        `Content ${contentId} needs ${sizeBytes} bytes of the disk budget of ${budgetBytes}, of which other contents ` +
          `take ${occupied} and not enough can be evicted; give a larger --disk-budget`,
        { status: 507, details: { budgetBytes, sizeBytes } },
      );
    }
    for (const id of evicted) await removeNow(id);
  };

  const openNow = async (title: Title, manifest: Manifest): Promise<Entry> => {
    const existing = entries.get(manifest.contentId);
    await makeRoom(manifest.contentId, manifest.sizeBytes);
    if (existing) {
      existing.users += 1;
      return existing;
    }
    const path = directoryOf(manifest.contentId);
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
      await writeFileAtomic(join(path, 'manifest.json'), JSON.stringify(manifest));
      await writeFileAtomic(join(path, 'title.json'), JSON.stringify(title));
    } catch (error) {
      throw writeError(path, error);
    }
    const entry = addEntry(title, manifest, await openFilePieceStore(path, manifest), nowMs());
    entry.users += 1;
    return entry;
  };

  const touch = (contentId: ContentId): void => {
    const entry = entries.get(contentId);
    if (!entry) return;
    entry.lastUsedMs = nowMs();
    const seconds = entry.lastUsedMs / 1000;
    // Only the order of evictions after a restart depends on it.
    utimes(join(directoryOf(contentId), 'title.json'), seconds, seconds).catch(() => undefined);
  };

  const loadAll = async (): Promise<void> => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(directory)) {
      if (stopped) return;
      if (!contentIdSchema.safeParse(name).success) continue;
      await load(name).catch((error: unknown) => onUnusable(directoryOf(name), error));
    }
  };

  return {
    start: () => {
      started = loadAll();
      return started;
    },
    ready: () => started,
    stop: async () => {
      stopped = true;
      await started.catch(() => undefined);
      await last;
      await Promise.all([...entries.values()].map((entry) => entry.store.close()));
      entries.clear();
    },
    list: () => [...entries.values()],
    get: (contentId) => entries.get(contentId),
    openForDownload: (title, manifest) =>
      inTurn(async () => {
        const entry = await openNow(title, manifest);
        touch(manifest.contentId);
        let released = false;
        return {
          store: entry.store,
          release: () => {
            if (!released) entry.users -= 1;
            released = true;
          },
        };
      }),
    touch,
    exportTo: async (contentId, output, force) => {
      const entry = entries.get(contentId);
      if (!entry?.store.complete) {
        const held = entry ? `${entry.store.verifiedPieces} of ${pieceCount(entry.manifest)}` : 'no';
        throw new FairhopError(
          'content-incomplete',
          `Content ${contentId} has ${held} pieces; download it first`,
        );
      }
      await exportFile(dataFile(directoryOf(contentId)), output, force);
    },
    remove: (contentId) => inTurn(() => removeNow(contentId)),
  };
}
