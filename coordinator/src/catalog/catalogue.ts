import type { Publication } from '@fairhop/shared/contract';
import { verifyManifest } from '@fairhop/shared/crypto';
import {
  type ContentId,
  FairhopError,
  type Manifest,
  type Origin,
  pieceCount,
  type Title,
  type TitleId,
} from '@fairhop/shared/model';
import type { Clock } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { createListeners } from '../listeners.js';
import type { Catalogue } from '../session/dependencies.js';
import { createCatalogueStore } from './catalogue-store.js';

/** Most titles in one listing: some 5 MB of JSON. */
const MAX_LISTED_TITLES = 10_000;
/** Most changes in one heartbeat's answer; the edge asks for the rest with its next one. */
const MAX_CHANGES = 1_000;

interface ContentChanges {
  readonly changes: { contentId: ContentId; state: Title['state'] }[];
  /** From where the next question goes on. */
  readonly revision: number;
}

export interface TitleCatalogue extends Catalogue {
  /**
   * Publishes a title; the same content again changes nothing. What the publication leaves out is as a withdrawn title of
   * that name had it. Throws what `verifyManifest` throws (422), `owner-unknown`
   * (404), `title-exists` and `manifest-differs` (409).
   */
  publish(owner: string, name: string, publication: Publication): Title;
  /** Throws `title-unknown` (404). A title that is withdrawn already stays as it is. */
  withdraw(titleId: TitleId): Title;
  /** Throws `title-unknown` (404) and `title-withdrawn` (410). */
  requireTitle(titleId: TitleId): Title;
  list(owner?: string): Title[];
  /** Throws `content-unknown` (404) and `content-withdrawn` (410). */
  requireManifest(contentId: ContentId): Manifest;
  /** As `requireManifest`, with the origin of the title that was published last. */
  requireSource(contentId: ContentId): { manifest: Manifest; origin: Origin; title: Title };
  /** Contents that were withdrawn, or published again, after `revision`; 0 is the beginning. */
  changesSince(revision: number): ContentChanges;
  publishedTitles(): number;
}

type StatedTitle = Omit<Title, 'category' | 'mediaType' | 'metadata' | 'rules'> &
  Pick<Publication, 'category' | 'mediaType' | 'metadata' | 'rules'>;

export function createCatalogue(database: Database, clock: Clock): TitleCatalogue {
  const store = createCatalogueStore(database);
  const withdrawn = createListeners<Title>();

  const requireStored = (titleId: TitleId): Title => {
    const title = store.title(titleId);
    if (title) return title;
    throw new FairhopError('title-unknown', `there is no title ${titleId}; the form is owner/name`, {
      status: 404,
    });
  };
  const requirePublished = (contentId: ContentId): Title => {
    const title = store.publishedTitleOf(contentId);
    if (title) return title;
    if (!store.content(contentId))
      throw new FairhopError('content-unknown', `there is no content ${contentId}`, { status: 404 });
    throw new FairhopError('content-withdrawn', `content ${contentId} is withdrawn`, { status: 410 });
  };
  const requireManifest = (contentId: ContentId): Manifest => {
    requirePublished(contentId);
    return store.manifest(contentId)!;
  };

  const publish = database.transaction((stated: StatedTitle, manifest: Manifest): Title => {
    const present = store.title(stated.id);
    const title: Title = {
      ...stated,
      category: stated.category ?? present?.category ?? 'other',
      mediaType: stated.mediaType ?? present?.mediaType ?? 'application/octet-stream',
      metadata: stated.metadata ?? present?.metadata ?? {},
      rules: stated.rules ?? present?.rules ?? { peersAllowed: true },
    };
    if (present?.state === 'published') {
      if (present.contentId === title.contentId) return present;
      const message = `title ${title.id} is published with content ${present.contentId}; withdraw it first, or name another title`;
      throw new FairhopError('title-exists', message, { status: 409 });
    }
    if (!store.hasOwner(title.owner)) {
      const message = `owner ${title.owner} is not registered; the operator registers owners with PUT /v1/owners/${title.owner}`;
      throw new FairhopError('owner-unknown', message, { status: 404 });
    }
    const known = store.manifest(manifest.contentId);
    if (known && (known.sha256 !== manifest.sha256 || known.pieceSha256 !== manifest.pieceSha256)) {
      const message = `content ${manifest.contentId} is known with other flat hashes; hash the file again`;
      throw new FairhopError('manifest-differs', message, { status: 409 });
    }
    if (!known) store.addContent(manifest, pieceCount(manifest));
    const isBack = known !== undefined && !store.publishedTitleOf(title.contentId);
    store.putTitle(title);
    if (isBack) store.putChange(title.contentId, 'published');
    return title;
  });

  const withdraw = database.transaction((titleId: TitleId): { title: Title; changed: boolean } => {
    const present = requireStored(titleId);
    if (present.state === 'withdrawn') return { title: present, changed: false };
    const title: Title = { ...present, state: 'withdrawn' };
    store.putTitle(title);
    if (!store.publishedTitleOf(title.contentId)) store.putChange(title.contentId, 'withdrawn');
    return { title, changed: true };
  });

  return {
    title(titleId) {
      const title = store.title(titleId);
      return title?.state === 'published' ? title : undefined;
    },
    content: (contentId) => (store.publishedTitleOf(contentId) ? store.content(contentId) : undefined),
    onWithdrawn: (listener) => withdrawn.add(listener),
    publish(owner, name, publication) {
      const { manifest, ...rest } = publication;
      verifyManifest(manifest);
      const title: StatedTitle = {
        ...rest,
        id: `${owner}/${name}`,
        owner,
        name,
        contentId: manifest.contentId,
        sizeBytes: manifest.sizeBytes,
        state: 'published',
        publishedMs: clock.nowMs(),
      };
      const published = publish.immediate(title, manifest);
      store.forget(published);
      return published;
    },
    withdraw(titleId) {
      const { title, changed } = withdraw.immediate(titleId);
      store.forget(title);
      if (changed) withdrawn.tell(title);
      return title;
    },
    requireTitle(titleId) {
      const title = requireStored(titleId);
      if (title.state === 'published') return title;
      throw new FairhopError('title-withdrawn', `title ${titleId} is withdrawn by its owner`, {
        status: 410,
      });
    },
    list: (owner) => store.published(owner, MAX_LISTED_TITLES),
    requireManifest,
    requireSource(contentId) {
      const title = requirePublished(contentId);
      return { manifest: requireManifest(contentId), origin: title.origin, title };
    },
    changesSince(revision) {
      const rows = store.changesSince(revision, MAX_CHANGES);
      return {
        changes: rows.map(({ contentId, state }) => ({ contentId, state })),
        revision: rows.at(-1)?.revision ?? revision,
      };
    },
    publishedTitles: () => store.publishedCount(),
  };
}
