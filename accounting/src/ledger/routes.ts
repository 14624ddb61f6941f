import type { Asn, TransferKind } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { BoundedMap } from './bounded-map.js';
import type { ResolvedPath, TransferEvent } from './event.js';
import { createInterner } from './interner.js';

/** All that the network says of an event. */
export interface Route {
  readonly id: number;
  readonly kind: TransferKind;
  readonly sourceAs: Asn | null;
  readonly sourceIsp: string | null;
  readonly destinationAs: Asn | null;
  readonly destinationIsp: string | null;
  /** Null when unattributed. */
  readonly path:
    | (Pick<ResolvedPath, 'asPath' | 'isps'> & {
        readonly sourcePlace: string | null;
        readonly destinationPlace: string | null;
        readonly components: readonly string[];
        /** Those of `components` that may be billed on this path. */
        readonly billable: readonly string[];
      })
    | null;
}

type BookedRoute = Omit<Route, 'path'>;

export interface Routes {
  /** Id of an event's route; it and its path are added when they are new. */
  id(event: TransferEvent): number;
  forget(): void;
}

/** Paths in use at a time: pairs of networks that have traffic. An entry takes about 500 bytes. */
const maximumCachedPaths = 50_000;

/** Stands for "no path" among path names. */
const noPath = '';

interface RouteRow {
  id: number;
  kind: TransferKind;
  source_as: number | null;
  source_isp: string | null;
  destination_as: number | null;
  destination_isp: string | null;
}

export function createRoutes(database: Database): Routes {
  const componentId = createInterner(database, 'components', ['name']);
  const selectPath = database.prepare<[string], number>('SELECT id FROM paths WHERE name = ?').pluck();
  const insertPath = database.prepare(
    'INSERT INTO paths (name, as_path, isps, source_place, destination_place) VALUES (?, ?, ?, ?, ?)',
  );
  const insertComponent = database.prepare(
    'INSERT INTO path_components (path, position, component, source, confidence, billable) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const selectRoutes = database.prepare<[number | null], RouteRow>('SELECT * FROM routes WHERE path IS ?');
  const insertRoute = database.prepare(
    `INSERT INTO routes (kind, path, source_as, source_isp, destination_as, destination_isp)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const cache = new BoundedMap<string, { path: number | null; routes: BookedRoute[] }>(maximumCachedPaths);

  const addPath = (path: ResolvedPath): number => {
    const id = Number(
      insertPath.run(
        path.id,
        JSON.stringify(path.asPath),
        JSON.stringify(path.isps),
        path.sourcePlace ?? null,
        path.destinationPlace ?? null,
      ).lastInsertRowid,
    );
    for (const [position, { component, source, confidence, billable }] of path.elements.entries())
      insertComponent.run(id, position, componentId(component), source, confidence, billable ? 1 : 0);
    return id;
  };
  const loadPath = (path: ResolvedPath | null) => {
    const id = path === null ? null : (selectPath.get(path.id) ?? addPath(path));
    const routes = selectRoutes.all(id).map((row) => ({
      id: row.id,
      kind: row.kind,
      sourceAs: row.source_as,
      sourceIsp: row.source_isp,
      destinationAs: row.destination_as,
      destinationIsp: row.destination_isp,
    }));
    return { path: id, routes };
  };
  const isRouteOf = (route: BookedRoute, event: TransferEvent): boolean =>
    route.kind === event.kind &&
    route.sourceAs === event.sourceAs &&
    route.sourceIsp === event.sourceIsp &&
    route.destinationAs === event.destinationAs &&
    route.destinationIsp === event.destinationIsp;

  return {
    id(event) {
      const name = event.path?.id ?? noPath;
      let entry = cache.get(name);
      if (entry === undefined) {
        entry = loadPath(event.path);
        cache.set(name, entry);
      }
      for (const route of entry.routes) if (isRouteOf(route, event)) return route.id;
      const { kind, sourceAs, sourceIsp, destinationAs, destinationIsp } = event;
      const id = Number(
        insertRoute.run(kind, entry.path, sourceAs, sourceIsp, destinationAs, destinationIsp).lastInsertRowid,
      );
      entry.routes.push({ id, kind, sourceAs, sourceIsp, destinationAs, destinationIsp });
      return id;
    },
    forget: () => cache.clear(),
  };
}
