import type { TransferKind } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import type { Route } from '../ledger/routes.js';

interface RouteRow {
  id: number;
  kind: TransferKind;
  source_as: number | null;
  source_isp: string | null;
  destination_as: number | null;
  destination_isp: string | null;
  as_path: string | null;
  isps: string | null;
  source_place: string | null;
  destination_place: string | null;
  components: string;
  billable: string;
}

/** All routes of the ledger: as many as pairs of ASes with traffic. They never change, so only new ones are read. */
export function createRouteIndex(database: Database): () => ReadonlyMap<number, Route> {
  const routes = new Map<number, Route>();
  let lastId = 0;
  const selectNew = database.prepare<[number], RouteRow>(
    `SELECT routes.id, kind, source_as, source_isp, destination_as, destination_isp, as_path, isps,
       source_place, destination_place,
       (SELECT json_group_array(name) FROM (SELECT name FROM path_components JOIN components ON components.id = component
         WHERE path_components.path = routes.path ORDER BY position)) AS components,
       (SELECT json_group_array(billable) FROM (SELECT billable FROM path_components
         WHERE path_components.path = routes.path ORDER BY position)) AS billable
     FROM routes LEFT JOIN paths ON paths.id = path WHERE routes.id > ? ORDER BY routes.id`,
  );
  return () => {
    for (const row of selectNew.iterate(lastId)) {
      lastId = row.id;
      routes.set(row.id, {
        id: row.id,
        kind: row.kind,
        sourceAs: row.source_as,
        sourceIsp: row.source_isp,
        destinationAs: row.destination_as,
        destinationIsp: row.destination_isp,
        path:
          row.as_path === null || row.isps === null
            ? null
            : {
                asPath: JSON.parse(row.as_path) as number[],
                isps: JSON.parse(row.isps) as (string | null)[],
                sourcePlace: row.source_place,
                destinationPlace: row.destination_place,
                ...componentsOf(row),
              },
      });
    }
    return routes;
  };
}

function componentsOf({ components, billable }: RouteRow): { components: string[]; billable: string[] } {
  const names = JSON.parse(components) as string[];
  const flags = JSON.parse(billable) as number[];
  return { components: names, billable: names.filter((_, index) => flags[index] === 1) };
}
