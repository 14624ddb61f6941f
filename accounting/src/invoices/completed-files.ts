import { BIN_MS } from '@fairhop/shared/model';
import { openOfHostFiles } from '../query/open-host-files.js';
import { includesBin } from '../query/time-slices.js';
import { eachRow, type Reading, type Select } from '../reading/index.js';
import type { Selected } from './counted.js';
import { Leaves } from './leaves.js';
import { eventsDropped, type Positions } from './positions.js';
import type { TimePart } from './time-parts.js';
import { openOfEvent, withTransfer } from './usage-statements.js';

interface FileRow {
  host: string;
  content: string;
  timeMs: number;
  /** 0 where bytes that are dropped may back it, of which nobody knows the route any more. */
  isBacked: number;
}

/** Rows of a digest's leaf are put together this many at a time. */
const ROWS_OF_LEAF = 10_000;

/**
 * Files that hosts completed within the parts of time: each one's earliest signed completion, backed by billable bytes of at least its
 * size: what a host alone says it received makes nobody pay. With routes only bytes on these back it, and none whose events are dropped.
 * `rollups` counts the state that is read, `events` derives it again from single events. Throws `events-dropped` (409) where it was read
 * from events that are dropped by now whether a file counts.
 */
export function* readCompletedFiles(
  selected: Selected,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  {
    parts,
    positions,
    from,
    keptFromMs,
  }: {
    readonly parts: readonly TimePart[];
    readonly positions: Positions;
    readonly from: 'rollups' | 'events';
    /** From when on single events are kept. */
    readonly keptFromMs: number;
  },
): Reading<Leaves> {
  const leaves = new Leaves();
  let rows: string[] = [];
  let number = 0;
  const endLeaf = (): void => {
    leaves.addRows(`files ${String(number).padStart(9, '0')}`, rows.join('\n'));
    number += 1;
    rows = [];
  };
  const isFromRollup = from === 'rollups' && selected.routes === undefined;
  const select = completedFiles(selected, { fromMs, toMs }, positions, isFromRollup);
  yield* eachRow<FileRow>(select, ({ host, content, timeMs, isBacked }) => {
    const bin = Math.floor(timeMs / BIN_MS);
    if (!parts.some((part) => includesBin(part, bin))) return;
    if (isBacked === 0 && from === 'events') throw eventsDropped(keptFromMs);
    if (isBacked === 0) return;
    leaves.count(1, 0);
    rows.push(`${host} ${content.toLowerCase()} ${timeMs}`);
    if (rows.length === ROWS_OF_LEAF) endLeaf();
  });
  endLeaf();
  return leaves;
}

const nothingOpen = 'SELECT NULL AS host, NULL AS file, NULL AS bytes WHERE FALSE';

function completedFiles(
  { routes, owner, title, category }: Selected,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  { upToEvent, upToMove, upToCompletion }: Positions,
  isFromRollup: boolean,
): Select {
  const ofOwner = owner === undefined ? '' : 'AND f.owner = @owner';
  const dropped = routes === undefined ? 'bytes - open_bytes, 0' : '0, bytes - open_bytes';
  const sums = isFromRollup
    ? '(SELECT host, file, bytes, 0 AS dropped FROM host_files)'
    : `(SELECT host, file, sum(bytes) AS bytes, sum(dropped) AS dropped FROM (
          SELECT endpoints.host AS host, r.file AS file, r.bytes - ${openOfEvent} AS bytes, 0 AS dropped
          FROM events r JOIN endpoints ON endpoints.id = r.destination ${withTransfer}
          WHERE r.id <= @upToEvent ${routes === undefined ? '' : 'AND r.route IN (SELECT value FROM json_each(@routes))'}
          UNION ALL SELECT host, file, ${dropped} FROM dropped_host_files)
        WHERE file IN (SELECT f.id FROM files f WHERE TRUE ${ofOwner} ${title === undefined ? '' : 'AND f.title = @title'})
        GROUP BY 1, 2)`;
  return {
    sql: `WITH received AS ${isFromRollup ? 'NOT MATERIALIZED' : 'MATERIALIZED'} (SELECT host, file, bytes, dropped FROM ${sums}),
        open AS MATERIALIZED (${isFromRollup ? openOfHostFiles : nothingOpen})
      SELECT hosts.name AS host, hex(c.content_id) AS content, c.time_ms AS timeMs,
        sum(r.bytes - coalesce(open.bytes, 0)) >= max(c.size_bytes, max(f.size_bytes)) AS isBacked
      FROM completions c CROSS JOIN files f ON f.content_id = c.content_id AND f.title = c.title ${ofOwner}
        CROSS JOIN received r ON r.host = c.host AND r.file = f.id CROSS JOIN hosts ON hosts.id = c.host
        LEFT JOIN open ON open.host = r.host AND open.file = r.file
      WHERE c.time_ms >= @fromMs AND c.time_ms < @toMs AND c.position <= @upToCompletion
        AND NOT EXISTS (SELECT 1 FROM completions e WHERE e.host = c.host AND e.content_id = c.content_id
          AND e.time_ms < c.time_ms AND e.position <= @upToCompletion)
        ${title === undefined ? '' : 'AND c.title = @title'}
      GROUP BY c.host, c.content_id
      HAVING sum(r.bytes + r.dropped - coalesce(open.bytes, 0)) >= max(c.size_bytes, max(f.size_bytes))
        ${category === undefined ? '' : 'AND min(f.category) = @category'}
      ORDER BY hosts.name, c.content_id`,
    parameters: {
      ...{ fromMs, toMs, upToCompletion },
      ...(!isFromRollup && { upToEvent, upToMove }),
      ...(!isFromRollup && routes !== undefined && { routes: JSON.stringify(routes) }),
      ...(owner !== undefined && { owner }),
      ...(title !== undefined && { title }),
      ...(category !== undefined && { category }),
    },
  };
}
