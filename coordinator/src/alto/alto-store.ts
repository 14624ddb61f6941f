import type { AltoCostMap, AltoNetworkMap } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';

/** Where an ISP's maps come from: its calls (`url` absent), or a URL that is fetched again and again. */
export interface AltoSource {
  readonly isp: string;
  /** Of an information resource directory, or of the network map; then with the cost map's. */
  readonly url?: string;
  readonly costMapUrl?: string;
}

/** A document with what the next request is conditional on (RFC 9110 section 13). */
export interface AltoDocument<Content> {
  readonly content: Content;
  /** Both absent for one that was not fetched. */
  readonly url?: string;
  readonly etag?: string;
}

export interface AltoDocuments {
  readonly networkMap: AltoDocument<AltoNetworkMap>;
  readonly costMap: AltoDocument<AltoCostMap>;
}

interface StoredAlto {
  readonly source: AltoSource;
  /** When the maps were given, or when their server last said that they hold. */
  readonly confirmedMs: number;
}

export interface AltoStore {
  list(): readonly StoredAlto[];
  documents(isp: string): AltoDocuments | undefined;
  /** In place of whatever the ISP gave before. */
  put(stored: StoredAlto, documents: AltoDocuments): void;
  confirm(isp: string, confirmedMs: number): void;
  remove(isp: string): void;
}

interface SourceRow {
  readonly isp: string;
  readonly url: string | null;
  readonly cost_map_url: string | null;
  readonly confirmed_ms: number;
}

/** Documents are in a table of their own: to confirm them writes none of their megabytes again. */
export function createAltoStore(database: Database): AltoStore {
  const select = database.prepare('SELECT * FROM alto_sources ORDER BY isp');
  const selectDocuments = database.prepare('SELECT documents FROM alto_documents WHERE isp = ?').pluck();
  const remove = database.prepare('DELETE FROM alto_sources WHERE isp = ?');
  const confirm = database.prepare('UPDATE alto_sources SET confirmed_ms = ? WHERE isp = ?');
  const insert = database.prepare(
    'INSERT INTO alto_sources (isp, url, cost_map_url, confirmed_ms) VALUES (?, ?, ?, ?)',
  );
  const insertDocuments = database.prepare('INSERT INTO alto_documents (isp, documents) VALUES (?, ?)');
  const put = database.transaction(({ source, confirmedMs }: StoredAlto, documents: AltoDocuments) => {
    remove.run(source.isp);
    insert.run(source.isp, source.url ?? null, source.costMapUrl ?? null, confirmedMs);
    insertDocuments.run(source.isp, JSON.stringify(documents));
  });
  return {
    list: () =>
      (select.all() as SourceRow[]).map(
        ({ isp, url, cost_map_url: costMapUrl, confirmed_ms: confirmedMs }) => ({
          source: { isp, ...(url !== null && { url }), ...(costMapUrl !== null && { costMapUrl }) },
          confirmedMs,
        }),
      ),
    documents(isp) {
      const text = selectDocuments.get(isp);
      return text === undefined ? undefined : (JSON.parse(text as string) as AltoDocuments);
    },
    put: (stored, documents) => put.immediate(stored, documents),
    confirm: (isp, confirmedMs) => {
      confirm.run(confirmedMs, isp);
    },
    remove: (isp) => {
      remove.run(isp);
    },
  };
}
