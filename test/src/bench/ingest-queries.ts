import type { Ledger } from '@fairhop/accounting/ledger';
import { createQueryEngine } from '@fairhop/accounting/query';
import { type Query, querySchema } from '@fairhop/shared/contract';
import { BIN_MS } from '@fairhop/shared/model';
import Database from 'better-sqlite3';
import { median } from './median.js';

export interface QueryTimes {
  readonly name: string;
  readonly queryMs: number;
  readonly scanMs: number;
}

const owner = 'owner0';
const repetitions = 15;
/** All of the database: the scan finds every page in memory. */
const scanCacheKib = 2 * 1024 * 1024;

interface RouteRow {
  id: number;
  isps: string | null;
  destination_isp: string | null;
}

interface Case {
  readonly name: string;
  readonly query: Query;
  /** Gives one number, with everything but the scan itself prepared before. */
  readonly scan: () => unknown;
}

/** The five questions: the engine's median time, against the fastest run of a hand-written scan of the events. */
export function measureQueries(ledger: Ledger): QueryTimes[] {
  const known = { isp: () => true, autonomousSystem: () => true, isComponent: () => true };
  const engine = createQueryEngine({ ledger, graph: () => known });
  const host = bookCompletions(ledger);
  const scanner = new Database(ledger.database.name, { readonly: true });
  scanner.pragma(`cache_size = -${scanCacheKib}`);
  try {
    return createCases(scanner, host).map(({ name, query, scan }) => {
      const { value } = engine.ask(query);
      const expected = scan();
      if (value !== expected || value === 0) {
        throw new Error(`${name}: the query gives ${value}, the scan ${String(expected)}`);
      }
      const queryMs = median(Array.from({ length: repetitions }, () => timedMs(() => engine.ask(query))));
      const scanMs = Math.min(...Array.from({ length: repetitions }, () => timedMs(scan)));
      return { name, queryMs, scanMs };
    });
  } finally {
    scanner.close();
  }
}

function createCases(scanner: Database.Database, host: string): Case[] {
  const routes = scanner
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
  const temporary = (name: string, ids: readonly unknown[], weight = 1): void => {
    scanner.exec(`CREATE TEMP TABLE IF NOT EXISTS ${name} (id INTEGER PRIMARY KEY, weight INTEGER)`);
    const insert = scanner.prepare(`INSERT INTO ${name} VALUES (?, ?)`);
    for (const id of ids) insert.run(id, weight);
  };
  const idsOf = (sql: string, value: string): unknown[] => scanner.prepare(sql).pluck().all(value);
  temporary('crossing', crossing('sp1', 'sp2'));
  temporary('directions', crossing('sp1', 'sp2'));
  temporary('directions', crossing('sp2', 'sp1'), -1);
  temporary(
    'delivered',
    routes.filter((route) => route.destination_isp === 'sp1').map(({ id }) => id),
  );
  temporary(
    'films',
    idsOf('SELECT files.id FROM files JOIN owners ON owners.id = owner WHERE owners.name = ?', owner),
  );
  temporary(
    'places',
    idsOf('SELECT endpoints.id FROM endpoints JOIN hosts ON hosts.id = host WHERE name = ?', host),
  );

  const scan = (sql: string) => {
    const statement = scanner.prepare(sql).pluck();
    return () => statement.get();
  };
  const quarter = { from: Date.UTC(2026, 6, 1) / BIN_MS, to: Date.UTC(2026, 9, 1) / BIN_MS };
  const ask = (query: object): Query => querySchema.parse(query);
  const sp1ToSp2 = { measure: 'bytes', leaves: 'SP1', enters: 'SP2' };
  return [
    {
      name: 'crossing in the evening',
      query: ask({ ...sp1ToSp2, time: { hours: { from: '18:00', to: '00:00' } } }),
      scan: scan(
        'SELECT sum(bytes) FROM events WHERE (bin / 12) % 24 >= 18 AND route IN (SELECT id FROM crossing)',
      ),
    },
    {
      name: 'crossing of an owner',
      query: ask({ ...sp1ToSp2, owner }),
      scan: scan(
        `SELECT sum(bytes) FROM events
         WHERE route IN (SELECT id FROM crossing) AND file IN (SELECT id FROM films)`,
      ),
    },
    {
      name: 'delivered of an owner',
      query: ask({ measure: 'bytes', destination: 'SP1', owner }),
      scan: scan(
        `SELECT sum(bytes) FROM events
         WHERE route IN (SELECT id FROM delivered) AND file IN (SELECT id FROM films)`,
      ),
    },
    {
      name: 'files of a host',
      query: ask({ measure: 'files', destinationHost: host }),
      scan: scan(
        `SELECT count(*) FROM
           (SELECT file, sum(bytes) AS bytes FROM events WHERE destination IN (SELECT id FROM places) GROUP BY file) AS got
         JOIN files ON files.id = got.file
         JOIN completions USING (content_id, title)
         WHERE host = (SELECT host FROM endpoints WHERE id = (SELECT id FROM places LIMIT 1)) AND bytes >= files.size_bytes`,
      ),
    },
    {
      name: 'difference of a quarter',
      query: ask({ ...sp1ToSp2, measure: 'difference', time: { period: '2026-Q3' } }),
      scan: scan(
        `SELECT sum(bytes * weight) FROM events CROSS JOIN directions ON directions.id = route
         WHERE bin >= ${quarter.from} AND bin < ${quarter.to}`,
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
      timeMs: Date.UTC(2026, 8, 30),
    },
  }));
  const incarnation = '018f3b0a-0000-4000-8000-000000000001';
  ledger.book({ reporter: 'c'.repeat(43), incarnation, messages });
  return rows[0]!.host;
}

function timedMs(work: () => unknown): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}
