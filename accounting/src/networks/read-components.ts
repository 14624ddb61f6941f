import type { ComponentRecord } from '@fairhop/shared/contract';
import { BIN_MS, type ComponentKind } from '@fairhop/shared/model';
import { eachRow, type Reading, rowsOf } from '../reading/index.js';
import { readKeptFromMs } from './dropped-detail.js';
import { type Relations, relationsOn } from './path-relations.js';

/** What the ledger has of a component. */
export interface Carried extends Relations {
  readonly bytes: number;
  readonly billableBytes: number;
  readonly events: number;
  readonly paths: number;
  /** What is left out of this, since single events of it are dropped. */
  readonly notes: readonly string[];
}

const isHost = (component: string): boolean => component.startsWith('host:');

/** Paths name the smallest place that is known: of a larger one, those of all that lies in it. `0` is the character after `/`. */
const named = `SELECT id FROM components WHERE name = @component
  UNION ALL SELECT id FROM components WHERE @component GLOB 'place:*' AND name > @component || '/' AND name < @component || '0'`;
const crossing = `
  SELECT path, max(billable) AS billable FROM path_components WHERE component IN (${named}) GROUP BY path`;
const endpoints = 'SELECT id FROM endpoints WHERE host = (SELECT id FROM hosts WHERE name = @component)';

/**
 * A host is on no path: what it carried began or ended at it, and no part of that is billed as its own. What it received is known over all
 * time; what it sent, and over which paths, single events alone tell.
 */
export function* readCarried(component: string): Reading<Carried> {
  const sql = isHost(component)
    ? `WITH ends AS MATERIALIZED (${endpoints}), received AS (
         SELECT coalesce(sum(events), 0) AS events, coalesce(sum(bytes), 0) AS bytes FROM host_files
         WHERE host = (SELECT id FROM hosts WHERE name = @component)
       ), kept AS (
         SELECT events.bytes, path, destination NOT IN ends AS isSent FROM events CROSS JOIN routes ON routes.id = events.route
         WHERE source IN ends OR destination IN ends
       )
       SELECT received.events + count(*) FILTER (WHERE isSent) AS events,
         received.bytes + coalesce(sum(kept.bytes) FILTER (WHERE isSent), 0) AS bytes, 0 AS billableBytes,
         count(DISTINCT path) AS paths
       FROM received LEFT JOIN kept`
    : `WITH crossing AS (${crossing})
       SELECT coalesce(sum(events), 0) AS events, coalesce(sum(bytes), 0) AS bytes,
         coalesce(sum(bytes) FILTER (WHERE billable), 0) AS billableBytes, count(DISTINCT crossing.path) AS paths
       FROM crossing LEFT JOIN routes ON routes.path = crossing.path LEFT JOIN route_hours ON subject = routes.id`;
  const [sums] = yield* rowsOf<Omit<Carried, keyof Relations | 'notes'>>({ sql, parameters: { component } });
  const parts = new Set<string>();
  const partOf = new Set<string>();
  if (!isHost(component)) {
    const select = { sql: pathsCrossing, parameters: { component } };
    yield* eachRow<{ path: string }>(select, ({ path }) => {
      const said = relationsOn(path.split(' '), component);
      for (const id of said.parts) parts.add(id);
      for (const id of said.partOf) partOf.add(id);
    });
  }
  const notes = isHost(component) ? yield* notesOfHosts() : [];
  return { ...sums!, parts: [...parts], partOf: [...partOf], notes };
}

function* notesOfHosts(): Reading<string[]> {
  const keptFromMs = yield* readKeptFromMs();
  if (keptFromMs === 0) return [];
  const kept = new Date(keptFromMs).toISOString();
  return [
    `single events before ${kept} are dropped: what hosts received is counted over all time, what they sent and their paths from then on`,
  ];
}

/** Each as one text: a row for each element would cost ten times as much to hand over. */
const pathsCrossing = `
  SELECT group_concat(components.name, ' ' ORDER BY position) AS path
  FROM path_components CROSS JOIN components ON components.id = path_components.component
  WHERE path IN (SELECT path FROM (${crossing})) GROUP BY path`;

export interface ComponentsQuery {
  readonly kind?: ComponentKind | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

interface ListedComponents {
  readonly components: readonly { readonly id: string; readonly bytes: number }[];
  /** As those of `Carried`. */
  readonly notes: readonly string[];
}

/** Components that carried bytes, hosts among them, by id. */
export function* readComponentList({ kind, after = '', limit }: ComponentsQuery): Reading<ListedComponents> {
  const parameters = {
    after,
    from: kind === undefined ? '' : `${kind}:`,
    // The character after the colon.
    to: kind === undefined ? '\u{10ffff}' : `${kind};`,
    limit,
  };
  const components = yield* rowsOf<{ id: string; bytes: number }>({ sql: componentList, parameters });
  return { components, notes: components.some(({ id }) => isHost(id)) ? yield* notesOfHosts() : [] };
}

const namesOf = (table: string): string =>
  `SELECT name FROM (SELECT name FROM ${table} WHERE name > @after AND name >= @from AND name < @to ORDER BY name LIMIT @limit)`;
const componentList = `
  WITH page AS MATERIALIZED (
    SELECT name FROM (${namesOf('components')} UNION ALL ${namesOf('hosts')}) ORDER BY name LIMIT @limit
  ), path_bytes AS MATERIALIZED (
    SELECT path, sum(bytes) AS bytes FROM route_hours CROSS JOIN routes ON routes.id = subject
    WHERE EXISTS (SELECT 1 FROM page WHERE name NOT GLOB 'host:*') GROUP BY path
  ), crossings AS (
    SELECT DISTINCT page.name, path_components.path FROM page CROSS JOIN components ON components.name = page.name
      CROSS JOIN path_components ON path_components.component = components.id
  ), component_bytes AS MATERIALIZED (
    SELECT name, sum(bytes) AS bytes FROM crossings CROSS JOIN path_bytes ON path_bytes.path = crossings.path GROUP BY name
  ), page_endpoints AS MATERIALIZED (
    SELECT endpoints.id, endpoints.host, page.name FROM page CROSS JOIN hosts ON hosts.name = page.name
      CROSS JOIN endpoints ON endpoints.host = hosts.id
  ), host_bytes AS MATERIALIZED (
    SELECT name, sum(bytes) AS bytes FROM (
      SELECT name, bytes FROM page_endpoints JOIN events ON events.source = page_endpoints.id
        JOIN endpoints AS receiving ON receiving.id = events.destination AND receiving.host <> page_endpoints.host
      UNION ALL
      SELECT name, bytes FROM page CROSS JOIN hosts USING (name) CROSS JOIN host_files ON host_files.host = hosts.id
    ) GROUP BY name
  )
  SELECT page.name AS id, coalesce(component_bytes.bytes, host_bytes.bytes, 0) AS bytes
  FROM page LEFT JOIN component_bytes ON component_bytes.name = page.name
    LEFT JOIN host_bytes ON host_bytes.name = page.name
  ORDER BY page.name`;

/** One record for each event whose path crossed the component, or that began or ended at the host, after an event's id. */
export function* readComponentRecords(
  component: string,
  { afterId, limit }: { readonly afterId: number; readonly limit: number },
): Reading<ComponentRecord[]> {
  const where = isHost(component)
    ? `(events.source IN (${endpoints}) OR events.destination IN (${endpoints}))`
    : `events.route IN (SELECT id FROM routes WHERE path IN (SELECT path FROM (${crossing})))`;
  const sql = `
    SELECT events.id AS eventId, @component AS component, paths.name AS path, owners.name AS owner, events.bytes,
      bin * ${BIN_MS} + start AS startMs, bin * ${BIN_MS} + start + duration AS endMs, titles.name AS title
    FROM events CROSS JOIN routes ON routes.id = events.route LEFT JOIN paths ON paths.id = routes.path
      CROSS JOIN files ON files.id = events.file CROSS JOIN owners ON owners.id = files.owner
      CROSS JOIN titles ON titles.id = files.title
    WHERE events.id > @afterId AND ${where} ORDER BY events.id LIMIT @limit`;
  return yield* rowsOf<ComponentRecord>({ sql, parameters: { component, afterId, limit } });
}
