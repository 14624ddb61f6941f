import { asId, BIN_MS, ispComponentId, linkId } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';

interface PathRow {
  id: number;
  name: string;
  as_path: string;
  isps: string;
}

/**
 * For each AS and bin, bytes in + originated = bytes out + terminated. The bytes of a route count on all components of its
 * path, so this holds in every bin just when it holds for one byte on each path: its links lead from the source's AS to
 * the destination's. Returns the first path, AS and bin in which it does not.
 */
export function checkConservation(database: Database): string | undefined {
  const components = componentReader(database);
  const selectRoutes = database.prepare<
    [],
    { route: number; path: number; name: string; source_as: number | null; destination_as: number | null }
  >(
    `SELECT routes.id AS route, path, name, source_as, destination_as
     FROM routes JOIN paths ON paths.id = path ORDER BY routes.id`,
  );
  const firstBin = database
    .prepare<[number], number | null>('SELECT min(bin) FROM events WHERE route = ?')
    .pluck();
  for (const { route, path, name, source_as, destination_as } of selectRoutes.all()) {
    const balance = new Map<string, number>();
    const move = (as: string, bytes: number): void => {
      balance.set(as, (balance.get(as) ?? 0) + bytes);
    };
    if (source_as !== null) move(asId(source_as), 1);
    if (destination_as !== null) move(asId(destination_as), -1);
    for (const component of components(path)) {
      const link = /^link:(as:\d+)>(as:\d+)$/.exec(component);
      if (link === null) continue;
      move(link[1]!, -1);
      move(link[2]!, 1);
    }
    const broken = [...balance].find(([, bytes]) => bytes !== 0);
    if (broken === undefined) continue;
    const bin = firstBin.get(route);
    if (bin === null || bin === undefined) continue;
    const when = new Date(bin * BIN_MS).toISOString();
    return `conservation: ${broken[0]}, bin ${when}, ${name}: of each byte in or originated, ${1 - broken[1]} go out or end there`;
  }
  return undefined;
}

/** Components are what the path says: AS, link, AS, …, then its ISPs. */
export function checkComponents(database: Database): string | undefined {
  const components = componentReader(database);
  const selectPaths = database.prepare<[], PathRow>('SELECT id, name, as_path, isps FROM paths ORDER BY id');
  for (const { id, name, as_path, isps } of selectPaths.all()) {
    const asPath = JSON.parse(as_path) as number[];
    const ways = asPath.flatMap((asn, index) =>
      index === 0 ? [asId(asn)] : [linkId(asPath[index - 1]!, asn), asId(asn)],
    );
    const known = (JSON.parse(isps) as (string | null)[]).filter((isp) => isp !== null);
    const right = [...ways, ...new Set(known.map(ispComponentId))].join(' ');
    const found = components(id).join(' ');
    if (found !== right) return `components: ${name} has ${found}; ${right} is right`;
  }
  return undefined;
}

function componentReader(database: Database): (path: number) => string[] {
  const select = database
    .prepare<[number], string>(
      `SELECT coalesce(name, 'unknown') FROM path_components LEFT JOIN components ON id = component
       WHERE path = ? ORDER BY position`,
    )
    .pluck();
  return (path) => select.all(path);
}
