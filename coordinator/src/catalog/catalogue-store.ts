import {
  type BoundedCache,
  type ContentId,
  createBoundedCache,
  type Manifest,
  pieceCount,
  type Title,
  type TitleId,
} from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';

interface ContentSummary {
  readonly sizeBytes: number;
  readonly pieceCount: number;
}

interface ChangeRow {
  readonly contentId: ContentId;
  readonly revision: number;
  readonly state: Title['state'];
}

/** Rows of the catalogue. Titles and contents are asked for with every search for sources, so those used last are kept. */
export interface CatalogueStore {
  title(id: TitleId): Title | undefined;
  /** The title of a content that was published last, of those that are published now. */
  publishedTitleOf(contentId: ContentId): Title | undefined;
  content(contentId: ContentId): ContentSummary | undefined;
  manifest(contentId: ContentId): Manifest | undefined;
  hasOwner(owner: string): boolean;
  addContent(manifest: Manifest, pieceCount: number): void;
  /** Within a transaction; `forget` belongs after it. */
  putTitle(title: Title): void;
  putChange(contentId: ContentId, state: Title['state']): void;
  /** What is kept of a title that was written. */
  forget(title: Title): void;
  published(owner: string | undefined, limit: number): Title[];
  publishedCount(): number;
  changesSince(revision: number, limit: number): ChangeRow[];
}

/** About 1 KiB each: 10 MiB for what most downloads are of. */
const MAX_KEPT = 10_000;
/** Of manifests together: 86 bytes each in base64. */
const MAX_KEPT_PIECES = 500_000;

export function createCatalogueStore(database: Database): CatalogueStore {
  const titles = createBoundedCache<TitleId, Title>(MAX_KEPT);
  const titlesOfContents = createBoundedCache<ContentId, Title>(MAX_KEPT);
  const manifests = createBoundedCache<ContentId, Manifest>(MAX_KEPT_PIECES, pieceCount);
  const parse = (row: unknown): Title | undefined =>
    row === undefined ? undefined : (JSON.parse((row as { document: string }).document) as Title);
  const select = {
    title: database.prepare('SELECT document FROM titles WHERE id = ?'),
    titleOf: database.prepare(
      "SELECT document FROM titles WHERE content_id = ? AND state = 'published' ORDER BY revision DESC LIMIT 1",
    ),
    content: database.prepare(
      'SELECT size_bytes AS sizeBytes, piece_count AS pieceCount FROM contents WHERE content_id = ?',
    ),
    manifest: database.prepare('SELECT manifest FROM contents WHERE content_id = ?').pluck(),
    owner: database.prepare('SELECT 1 FROM owners WHERE owner = ?').pluck(),
    published: database.prepare(
      "SELECT document FROM titles WHERE state = 'published' AND (owner = @owner OR @owner IS NULL) ORDER BY id LIMIT @limit",
    ),
    count: database.prepare("SELECT count(*) FROM titles WHERE state = 'published'").pluck(),
    changes: database.prepare(
      'SELECT content_id AS contentId, revision, state FROM content_changes WHERE revision > ? ORDER BY revision LIMIT ?',
    ),
  };
  const nextRevision = database
    .prepare(
      `INSERT INTO revisions (name, revision) VALUES ('catalogue', 1)
       ON CONFLICT (name) DO UPDATE SET revision = revision + 1 RETURNING revision`,
    )
    .pluck();
  const insertContent = database.prepare(
    'INSERT INTO contents (content_id, size_bytes, piece_count, manifest) VALUES (?, ?, ?, ?)',
  );
  const upsertTitle = database.prepare(
    `INSERT INTO titles (id, owner, content_id, state, revision, document) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET content_id = excluded.content_id, state = excluded.state,
       revision = excluded.revision, document = excluded.document`,
  );
  const upsertChange = database.prepare(
    `INSERT INTO content_changes (content_id, revision, state) VALUES (?, ?, ?)
     ON CONFLICT (content_id) DO UPDATE SET revision = excluded.revision, state = excluded.state`,
  );

  return {
    title: (id) => kept(titles, id, () => parse(select.title.get(id))),
    publishedTitleOf: (contentId) =>
      kept(titlesOfContents, contentId, () => parse(select.titleOf.get(contentId))),
    content: (contentId) => select.content.get(contentId) as ContentSummary | undefined,
    // The manifest of a content never changes.
    manifest: (contentId) =>
      kept(manifests, contentId, () => {
        const text = select.manifest.get(contentId) as string | undefined;
        return text === undefined ? undefined : (JSON.parse(text) as Manifest);
      }),
    hasOwner: (owner) => select.owner.get(owner) !== undefined,
    addContent(manifest, pieces) {
      insertContent.run(manifest.contentId, manifest.sizeBytes, pieces, JSON.stringify(manifest));
    },
    putTitle(title) {
      titles.delete(title.id);
      titlesOfContents.delete(title.contentId);
      const document = JSON.stringify(title);
      upsertTitle.run(title.id, title.owner, title.contentId, title.state, nextRevision.get(), document);
    },
    putChange(contentId, state) {
      upsertChange.run(contentId, nextRevision.get(), state);
    },
    forget(title) {
      titles.delete(title.id);
      titlesOfContents.delete(title.contentId);
    },
    published: (owner, limit) =>
      select.published.all({ owner: owner ?? null, limit }).map((row) => parse(row) as Title),
    publishedCount: () => select.count.get() as number,
    changesSince: (revision, limit) => select.changes.all(revision, limit) as ChangeRow[],
  };
}

/** What is not there is not kept, so that made-up keys cost no memory. */
function kept<Key, Value>(
  cache: BoundedCache<Key, Value>,
  key: Key,
  read: () => Value | undefined,
): Value | undefined {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const value = read();
  if (value !== undefined) cache.set(key, value);
  return value;
}
