import { access, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentSourceSchema } from '@fairhop/shared/contract';
import { verifyManifest } from '@fairhop/shared/crypto';
import { errorCode, writeFileAtomic } from '@fairhop/shared/service';
import type { ContentSource } from '../content-source.js';

const SOURCE_FILE = 'source.json';

/** Sources of contents on disk, one beside the pieces of each content, so that an edge serves while the coordinator is away. */
export interface SourceStore {
  /** The directory of a content. */
  directoryOf(contentId: string): string;
  /** Undefined when there is none, or none that is whole. */
  load(contentId: string): Promise<ContentSource | undefined>;
  save(source: ContentSource): Promise<void>;
  /** Saves unless there is one. */
  ensure(source: ContentSource): Promise<void>;
}

export function createSourceStore(directory: string): SourceStore {
  const directoryOf = (contentId: string): string => join(directory, contentId);
  const fileOf = (contentId: string): string => join(directoryOf(contentId), SOURCE_FILE);

  const save = async (source: ContentSource): Promise<void> => {
    const { manifest, origin, title } = source;
    await mkdir(directoryOf(manifest.contentId), { recursive: true });
    await writeFileAtomic(fileOf(manifest.contentId), JSON.stringify({ manifest, origin, title }));
  };

  return {
    directoryOf,
    save,
    load: async (contentId) => {
      let text: string;
      try {
        text = await readFile(fileOf(contentId), 'utf8');
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return undefined;
        throw error;
      }
      try {
        const source = contentSourceSchema.parse(JSON.parse(text));
        return { ...source, hashes: verifyManifest(source.manifest, contentId) };
      } catch {
        return undefined;
      }
    },
    ensure: async (source) => {
      try {
        await access(fileOf(source.manifest.contentId));
      } catch {
        await save(source);
      }
    },
  };
}
