import type { Database } from 'better-sqlite3';

export interface ReceivedFile {
  readonly title: string;
  readonly owner: string;
  readonly contentId: string;
  readonly sizeBytes: number;
  readonly completedMs: number;
}

export interface FilesFilter {
  readonly host?: number | undefined;
  readonly owner?: number | undefined;
  readonly title?: number | undefined;
}

interface FileRow {
  title: string;
  owner: string;
  content_id: Buffer;
  size_bytes: number;
  time_ms: number;
}

/**
 * Files that hosts received: the host's signed completion, backed by accounted bytes of this content and title of at least
 * its size. A size that the statement makes smaller than what was ordered does not count.
 */
export function createReceivedFiles(database: Database): (filter: FilesFilter) => Iterable<ReceivedFile> {
  const statement = (where: string) =>
    database.prepare<unknown[], FileRow>(
      `SELECT titles.name AS title, owners.name AS owner, c.content_id, max(f.size_bytes) AS size_bytes, c.time_ms
       FROM host_files hf CROSS JOIN files f ON f.id = hf.file
       CROSS JOIN completions c ON c.host = hf.host AND c.title = f.title AND c.content_id = f.content_id
       JOIN titles ON titles.id = c.title JOIN owners ON owners.id = f.owner
       WHERE ${where}
         AND (@title IS NULL OR c.title = @title) AND (@owner IS NULL OR f.owner = @owner)
       GROUP BY c.host, c.title, c.content_id
       HAVING sum(hf.bytes) >= max(c.size_bytes, max(f.size_bytes)) ORDER BY c.time_ms, titles.name`,
    );
  const ofHost = statement('hf.host = @host');
  const ofAll = statement('true');
  return function* ({ host, owner = null, title = null }) {
    const rows =
      host === undefined ? ofAll.iterate({ owner, title }) : ofHost.iterate({ owner, title, host });
    for (const row of rows) {
      yield {
        title: row.title,
        owner: row.owner,
        contentId: row.content_id.toString('hex'),
        sizeBytes: row.size_bytes,
        completedMs: row.time_ms,
      };
    }
  } as (filter: FilesFilter) => Iterable<ReceivedFile>;
}
