import { asId, BIN_MS, type ElementSource, type PathElement } from '@fairhop/shared/model';
import { firstPathIdOf, pathIdOf } from '../ledger/path-id.js';
import { type Reading, rowsOf } from '../reading/index.js';
import { pathFault } from './path-grammar.js';

interface PathRow {
  readonly id: number;
  readonly name: string;
  readonly as_path: string;
  readonly isps: string;
  readonly source_place: string | null;
  readonly destination_place: string | null;
}

interface ElementRow extends Omit<PathElement, 'billable'> {
  readonly path: number;
  readonly source: ElementSource;
  readonly billable: number;
}

interface RouteRow {
  readonly route: number;
  readonly path: number;
  readonly source_as: number | null;
  readonly destination_as: number | null;
}

/** The first record that breaks each of these; undefined where all are right. */
export interface PathFaults {
  components: string | undefined;
  conservation: string | undefined;
}

/** Paths looked at in one step: some milliseconds, and then others have their turn. */
const pathsOfStep = 500;

/**
 * Components are what the path says: its ASes and links in order with what is known inside of them, its ISPs and places, and all
 * of them are there, for a path's id is the hash of them. And for each AS and bin, bytes in + originated = bytes
 * out + terminated: the bytes of a route count on all components of its path, so this holds in every bin just when it
 * holds for one byte on each path, whose links then lead from the source's AS to the destination's.
 */
export function* checkPaths(): Reading<PathFaults> {
  const faults: PathFaults = { components: undefined, conservation: undefined };
  const [last] = yield* rowsOf<{ id: number | null }>({ sql: 'SELECT max(id) AS id FROM paths' });
  for (let after = 0; after < (last!.id ?? 0); after += pathsOfStep) {
    const parameters = { after, upTo: after + pathsOfStep };
    const elements = new Map<number, PathElement[]>();
    for (const { path, billable, ...known } of yield* rowsOf<ElementRow>({
      sql: `SELECT path, coalesce(name, 'unknown') AS component, source, confidence, billable FROM path_components
        LEFT JOIN components ON id = component WHERE path > @after AND path <= @upTo ORDER BY path, position`,
      parameters,
    })) {
      const element = { ...known, billable: billable === 1 };
      const before = elements.get(path);
      if (before === undefined) elements.set(path, [element]);
      else before.push(element);
    }
    const paths = yield* rowsOf<PathRow>({
      sql: `SELECT id, name, as_path, isps, source_place, destination_place FROM paths
        WHERE id > @after AND id <= @upTo ORDER BY id`,
      parameters,
    });
    const names = new Map(paths.map(({ id, name }) => [id, name]));
    for (const path of paths) faults.components ??= componentsFault(path, elements.get(path.id) ?? []);
    const routes = yield* rowsOf<RouteRow>({
      sql: `SELECT id AS route, path, source_as, destination_as FROM routes
        WHERE path > @after AND path <= @upTo ORDER BY id`,
      parameters,
    });
    for (const route of routes) {
      if (faults.conservation !== undefined) break;
      const broken = unbalanced(route, elements.get(route.path) ?? []);
      if (broken !== undefined)
        faults.conservation = yield* describe(route, names.get(route.path) ?? 'unknown', broken);
    }
  }
  return faults;
}

function componentsFault(
  { name, as_path, isps: ispsText, source_place, destination_place }: PathRow,
  elements: readonly PathElement[],
): string | undefined {
  const asPath = JSON.parse(as_path) as number[];
  const isps = JSON.parse(ispsText) as (string | null)[];
  const components = elements.map(({ component }) => component);
  const fault = pathFault(components, asPath, isps);
  const found = components.join(' ');
  if (fault !== undefined) return `components: ${name} has ${found}; ${fault}`;
  const places = {
    ...(source_place !== null && { sourcePlace: source_place }),
    ...(destination_place !== null && { destinationPlace: destination_place }),
  };
  if (name === pathIdOf(elements, isps, places) || name === firstPathIdOf(elements, isps)) return undefined;
  return `components: ${name} has ${found}, which is not all that its id was made from`;
}

/** The first AS in which a byte of the route is lost or made, with how many. What has no path is booked on no AS. */
function unbalanced(
  { source_as, destination_as }: RouteRow,
  elements: readonly PathElement[],
): [string, number] | undefined {
  const first = elements[0]?.component;
  const source = source_as === null ? undefined : asId(source_as);
  // Without links to follow, a path that stays within one AS shows only so whether it is the one of the source.
  if (first !== undefined && first !== source) return [first, -1];
  const balance = new Map<string, number>();
  const move = (as: string, bytes: number): void => {
    balance.set(as, (balance.get(as) ?? 0) + bytes);
  };
  if (source_as !== null) move(asId(source_as), 1);
  if (destination_as !== null) move(asId(destination_as), -1);
  for (const { component } of elements) {
    const link = /^link:(as:\d+)>(as:\d+)$/.exec(component);
    if (link === null) continue;
    move(link[1]!, -1);
    move(link[2]!, 1);
  }
  return [...balance].find(([, bytes]) => bytes !== 0);
}

/** Undefined for a route without events: nothing is lost on it. */
function* describe(
  { route }: RouteRow,
  path: string,
  [as, bytes]: [string, number],
): Reading<string | undefined> {
  const [first] = yield* rowsOf<{ bin: number | null }>({
    sql: 'SELECT min(bin) AS bin FROM events WHERE route = @route',
    parameters: { route },
  });
  if (first!.bin === null) return undefined;
  const when = new Date(first!.bin * BIN_MS).toISOString();
  return `conservation: ${as}, bin ${when}, ${path}: of each byte in or originated, ${1 - bytes} go out or end there`;
}
