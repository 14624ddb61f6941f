import { type Reading, rowsOf } from '../reading/index.js';
import { openOfHostFiles } from './open-host-files.js';

interface ReceivedFile {
  readonly title: string;
  readonly owner: string;
  /** The first in the alphabet where reports differ. */
  readonly category: string;
  readonly host: string;
  readonly contentId: string;
  readonly sizeBytes: number;
  readonly completedMs: number;
}

interface FilesFilter {
  readonly host?: number | undefined;
  readonly owner?: number | undefined;
  readonly title?: number | undefined;
  /** Only those that billable bytes alone back, as royalties count them. */
  readonly isBillable?: boolean | undefined;
}

interface FileRow {
  title: string;
  owner: string;
  category: string;
  host: string;
  content_id: string;
  size_bytes: number;
  time_ms: number;
}

/**
 * Files that hosts received: the host's earliest signed completion, backed by accounted bytes of this content and title of at least
 * its size. A size that the statement makes smaller than what was ordered does not count.
 */
export function* readReceivedFiles({ host, owner, title, isBillable }: FilesFilter): Reading<ReceivedFile[]> {
  const where = [
    ...(host === undefined ? [] : ['hf.host = @host']),
    ...(owner === undefined ? [] : ['f.owner = @owner']),
    ...(title === undefined ? [] : ['c.title = @title']),
  ];
  const rows = yield* rowsOf<FileRow>({
    sql: `${isBillable ? `WITH open AS MATERIALIZED (${openOfHostFiles})` : ''} SELECT titles.name AS title, owners.name AS owner, min(f.category) AS category, hosts.name AS host, hex(c.content_id) AS content_id,
        max(f.size_bytes) AS size_bytes, c.time_ms
      FROM host_files hf CROSS JOIN files f ON f.id = hf.file
      CROSS JOIN completions c ON c.host = hf.host AND c.title = f.title AND c.content_id = f.content_id
        AND NOT EXISTS (SELECT 1 FROM completions e WHERE e.host = c.host AND e.content_id = c.content_id AND e.time_ms < c.time_ms)
      JOIN titles ON titles.id = c.title JOIN owners ON owners.id = f.owner
      JOIN hosts ON hosts.id = c.host
      ${isBillable ? 'LEFT JOIN open ON open.host = hf.host AND open.file = hf.file' : ''}
      ${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`}
      GROUP BY c.host, c.content_id
      HAVING sum(hf.bytes${isBillable ? ' - coalesce(open.bytes, 0)' : ''}) >= max(c.size_bytes, max(f.size_bytes)) ORDER BY c.time_ms, titles.name`,
    parameters: {
      ...(host !== undefined && { host }),
      ...(owner !== undefined && { owner }),
      ...(title !== undefined && { title }),
    },
  });
  return rows.map((row) => ({
    title: row.title,
    owner: row.owner,
    category: row.category,
    host: row.host,
    contentId: row.content_id.toLowerCase(),
    sizeBytes: row.size_bytes,
    completedMs: row.time_ms,
  }));
}
