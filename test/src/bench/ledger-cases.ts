import type { Ledger } from '@fairhop/accounting/ledger';
import { createQueryEngine } from '@fairhop/accounting/query';
import { type Query, querySchema } from '@fairhop/shared/contract';
import { BIN_MS } from '@fairhop/shared/model';

const owner = 'owner0';

interface RouteRow {
  readonly id: number;
  readonly isps: string | null;
  readonly destination_isp: string | null;
}

/** What a scan looks its events up in: made before, so that only going through the events is measured. */
export interface LookupTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly number[])[];
}

export interface QueryCase {
  readonly name: string;
  readonly query: Query;
  /** Gives the same number from the events and the lookup tables, in SQLite and in DuckDB. */
  readonly scanSql: string;
}

export interface QueryCases {
  readonly cases: readonly QueryCase[];
  readonly tables: readonly LookupTable[];
  /** The answer of the ledger. */
  ask(query: Query): number;
}

/** The five questions, of the largest pair of ISPs, the largest owner and the host with most files. */
export function createQueryCases(ledger: Ledger): QueryCases {
  const known = { isp: () => true, autonomousSystem: () => true, isComponent: () => true };
  const engine = createQueryEngine({ ledger, graph: () => known });
  const host = bookCompletions(ledger);
  return {
    cases: casesOf(host),
    tables: lookupTables(ledger, host),
    ask: (query) => engine.ask(query).value,
  };
}

function casesOf(host: string): QueryCase[] {
  const ask = (query: object): Query => querySchema.parse(query);
  const sp1ToSp2 = { measure: 'bytes', leaves: 'SP1', enters: 'SP2' };
  const [fromBin, toBin] = [Date.UTC(2026, 6, 1) / BIN_MS, Date.UTC(2026, 9, 1) / BIN_MS];
  return [
    {
      name: 'crossing in the evening',
      query: ask({ ...sp1ToSp2, time: { hours: { from: '18:00', to: '00:00' } } }),
      scanSql: 'SELECT sum(bytes) FROM events WHERE bin % 288 >= 216 AND route IN (SELECT id FROM crossing)',
    },
    {
      name: 'crossing of an owner',
      query: ask({ ...sp1ToSp2, owner }),
      scanSql: `SELECT sum(bytes) FROM events
        WHERE route IN (SELECT id FROM crossing) AND file IN (SELECT id FROM films)`,
    },
    {
      name: 'delivered of an owner',
      query: ask({ measure: 'bytes', destination: 'SP1', owner }),
      scanSql: `SELECT sum(bytes) FROM events
        WHERE route IN (SELECT id FROM delivered) AND file IN (SELECT id FROM films)`,
    },
    {
      name: 'files of a host',
      query: ask({ measure: 'files', destinationHost: host }),
      scanSql: `SELECT count(*) FROM
          (SELECT file, sum(bytes) AS got FROM events
           WHERE destination IN (SELECT id FROM host_endpoints) GROUP BY file) AS received
        JOIN completed ON completed.id = received.file WHERE got >= size_bytes`,
    },
    {
      name: 'difference of a quarter',
      query: ask({ ...sp1ToSp2, measure: 'difference', time: { period: '2026-Q3' } }),
      scanSql: `SELECT sum(bytes * weight) FROM events JOIN directions ON directions.id = route
        WHERE bin >= ${fromBin} AND bin < ${toBin}`,
    },
  ];
}

function lookupTables({ database }: Ledger, host: string): LookupTable[] {
  const routes = database
    .prepare<[], RouteRow>(
      'SELECT routes.id, isps, destination_isp FROM routes LEFT JOIN paths ON paths.id = path',
    )
    .all();
  const crossing = (from: string, to: string): number[] =>
    routes
      .filter(({ isps }) => {
        const path = JSON.parse(isps ?? '[]') as string[];
        const left = path.indexOf(from);
        return left !== -1 && path.lastIndexOf(to) > left;
      })
      .map(({ id }) => id);
  const ids = (name: string, values: readonly number[]): LookupTable => ({
    ...{ name, columns: ['id'] },
    rows: values.map((id) => [id]),
  });
  const rowsOf = (sql: string, value: string): number[][] =>
    database.prepare<[string], number[]>(sql).raw().all(value);
  return [
    ids('crossing', crossing('sp1', 'sp2')),
    {
      ...{ name: 'directions', columns: ['id', 'weight'] },
      rows: [...crossing('sp1', 'sp2').map((id) => [id, 1]), ...crossing('sp2', 'sp1').map((id) => [id, -1])],
    },
    ids(
      'delivered',
      routes.filter((route) => route.destination_isp === 'sp1').map(({ id }) => id),
    ),
    {
      ...{ name: 'films', columns: ['id'] },
      rows: rowsOf(
        'SELECT files.id FROM files JOIN owners ON owners.id = owner WHERE owners.name = ?',
        owner,
      ),
    },
    {
      ...{ name: 'host_endpoints', columns: ['id'] },
      rows: rowsOf('SELECT endpoints.id FROM endpoints JOIN hosts ON hosts.id = host WHERE name = ?', host),
    },
    {
      ...{ name: 'completed', columns: ['id', 'size_bytes'] },
      rows: rowsOf(
        `SELECT files.id, files.size_bytes FROM completions JOIN files USING (content_id, title)
         WHERE host = (SELECT id FROM hosts WHERE name = ?)`,
        host,
      ),
    },
  ];
}

/** All files of some hosts, complete or not; returns the host with the most. */
function bookCompletions(ledger: Ledger): string {
  const rows = ledger.database
    .prepare<[], { host: string; title: string; content_id: Buffer; size_bytes: number }>(
      `SELECT hosts.name AS host, titles.name AS title, content_id, size_bytes
       FROM (SELECT host FROM host_files GROUP BY host ORDER BY count(*) DESC, host LIMIT 500) AS chosen
       JOIN host_files USING (host) JOIN hosts ON hosts.id = host JOIN files ON files.id = file
       JOIN titles ON titles.id = title`,
    )
    .all();
  const messages = rows.map(({ host, title, content_id, size_bytes }, index) => ({
    sequence: index + 1,
    outcome: 'completion' as const,
    completion: {
      host,
      title,
      contentId: content_id.toString('hex'),
      sizeBytes: size_bytes,
      timeMs: Date.UTC(2026, 6, 31),
    },
  }));
  const incarnation = '018f3b0a-0000-4000-8000-000000000001';
  ledger.book({ reporter: 'c'.repeat(43), incarnation, messages });
  return rows[0]!.host;
}
