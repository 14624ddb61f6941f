import { verifyManifest } from '@fairhop/shared/crypto';
import { type ContentId, createBoundedCache, FairhopError, pieceCount } from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import type { SourceStore } from '../cache/source-store.js';
import type { ContentSource } from '../content-source.js';
import type { CoordinatorClient } from './coordinator-link.js';

/** Pieces of the sources in memory together: 200 bytes each with their hashes, and 250 files of 4,000 pieces. */
const maxRememberedPieces = 1_000_000;
const callTimeoutMs = 10_000;

export interface ContentsDependencies {
  client: Pick<CoordinatorClient, 'getContentSource'>;
  sources: SourceStore;
  /** Whether pieces of it are on disk. */
  isCached(contentId: ContentId): boolean;
  log: Logger;
}

/** What the edge knows of contents: in memory, on disk, else from the coordinator, asked once however many wait. */
export interface Contents {
  /** Throws the coordinator's problem (`title-withdrawn`, `content-unknown`, …), or the manifest's (422). */
  get(contentId: ContentId): Promise<ContentSource>;
  /** Its title or origin may have changed: asked again at its next use, the old one counts while the coordinator is away. */
  refresh(contentId: ContentId): void;
  /** Withdrawn: nothing of it is kept. */
  forget(contentId: ContentId): void;
}

export function createContents({ client, sources, isCached, log }: ContentsDependencies): Contents {
  const remembered = createBoundedCache<ContentId, ContentSource>(maxRememberedPieces, ({ manifest }) =>
    pieceCount(manifest),
  );
  /** At most one per content that somebody waits for. */
  const asked = new Map<ContentId, Promise<ContentSource>>();
  /** Published again since they were learnt: at most the contents that are remembered, asked for or cached. */
  const stale = new Set<ContentId>();

  const remember = (source: ContentSource): void => remembered.set(source.manifest.contentId, source);

  const ask = async (contentId: ContentId): Promise<ContentSource> => {
    const answer = await client.getContentSource({ params: { contentId } }, { timeoutMs: callTimeoutMs });
    return { ...answer, hashes: verifyManifest(answer.manifest, contentId) };
  };

  const load = async (contentId: ContentId): Promise<ContentSource> => {
    const kept = await sources.load(contentId);
    const wasStale = stale.delete(contentId);
    if (kept !== undefined && !wasStale) {
      remember(kept);
      return kept;
    }
    try {
      const source = await ask(contentId);
      // What is on disk is replaced; a content without pieces gets its file with its first fill.
      if (kept !== undefined) await sources.save(source);
      // Published again while the answer was under way: the next one counts.
      if (!stale.has(contentId)) remember(source);
      return source;
    } catch (error) {
      if (wasStale) stale.add(contentId);
      const isAway = error instanceof FairhopError && (error.status === undefined || error.status >= 500);
      if (kept === undefined || !isAway) throw error;
      log.warn({ err: error, content: contentId }, 'the coordinator is away; the known source is used');
      return kept;
    }
  };

  return {
    get: async (contentId) => {
      const known = remembered.get(contentId);
      if (known !== undefined) return known;
      let waiting = asked.get(contentId);
      if (waiting === undefined) {
        waiting = load(contentId).finally(() => asked.delete(contentId));
        asked.set(contentId, waiting);
      }
      return waiting;
    },
    refresh: (contentId) => {
      if (remembered.delete(contentId) || asked.has(contentId) || isCached(contentId)) stale.add(contentId);
    },
    forget: (contentId) => {
      remembered.delete(contentId);
      stale.delete(contentId);
    },
  };
}
