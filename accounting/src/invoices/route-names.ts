import type { Database } from 'better-sqlite3';

interface RouteRow {
  id: number;
  kind: string;
  path: string | null;
  source_as: number | null;
  source_isp: string | null;
  destination_as: number | null;
  destination_isp: string | null;
}

/** Names of routes that do not hang on the ledger's numbers: all that makes a route. They never change, so only new ones are read. */
export function createRouteNames(database: Database): (route: number) => string {
  const names = new Map<number, string>();
  let lastId = 0;
  const selectNew = database.prepare<[number], RouteRow>(
    `SELECT routes.id, kind, paths.name AS path, source_as, source_isp, destination_as, destination_isp
     FROM routes LEFT JOIN paths ON paths.id = path WHERE routes.id > ? ORDER BY routes.id`,
  );
  const readNew = (): void => {
    for (const row of selectNew.iterate(lastId)) {
      lastId = row.id;
      const { source_as, source_isp, destination_as, destination_isp } = row;
      const parts = [row.kind, row.path, source_as, source_isp, destination_as, destination_isp];
      names.set(row.id, parts.map((part) => part ?? '-').join(' '));
    }
  };
  return (route) => {
    if (!names.has(route)) readNew();
    return names.get(route)!;
  };
}
