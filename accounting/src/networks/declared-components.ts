import { internalLinkId, peeringId, routerId, switchId, type Topology } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';

/** A component as a declaration has it. */
export interface DeclaredComponent {
  readonly component: string;
  /** The AS it is in; of a link between ASes the declaring end. */
  readonly asn: number;
  readonly place: string | null;
  readonly exchange: string | null;
  readonly capacity: number | null;
}

/** With the ISP that declared it, and when. */
export interface DatedComponent extends DeclaredComponent {
  readonly isp: string;
  readonly fromMs: number;
  readonly toMs: number | null;
}

/** Routers, switches, internal links and peering links; links in both directions. */
export function componentsOf(topology: Topology): DeclaredComponent[] {
  const nodes = new Map(topology.nodes.map((node) => [node.name, node]));
  const none = { place: null, exchange: null, capacity: null };
  return [
    ...topology.nodes.map(({ name, kind, asn, place }) => ({
      ...none,
      component: kind === 'router' ? routerId(name) : switchId(name),
      asn,
      place: place ?? null,
    })),
    ...topology.internalLinks.flatMap(({ between: [left, right], capacityBitsPerSecond }) =>
      [[left, right] as const, [right, left] as const].map(([from, to]) => ({
        ...none,
        component: internalLinkId(from, to),
        asn: nodes.get(from)!.asn,
        capacity: capacityBitsPerSecond ?? null,
      })),
    ),
    ...topology.peeringLinks.flatMap(({ name, node, neighbour, exchange, capacityBitsPerSecond }) => {
      const { asn, place } = nodes.get(node)!;
      return [peeringId(asn, neighbour, name), peeringId(neighbour, asn, name)].map((component) => ({
        component,
        asn,
        place: place ?? null,
        exchange: exchange ?? null,
        capacity: capacityBitsPerSecond ?? null,
      }));
    }),
  ];
}

export interface DeclaredComponents {
  /** What an ISP's declaration has from a time on; only what differs from before gets another date. */
  replace(isp: string, components: readonly DeclaredComponent[], fromMs: number): void;
  /** All that was declared of a component, by time. */
  history(component: string): DatedComponent[];
  /** Ids of what is declared at a time and has this, at most `limit`. */
  idsWith(
    field: 'asn' | 'exchange' | 'place',
    value: string | number,
    timeMs: number,
    limit: number,
  ): string[];
  /** Ids that begin so and are declared at a time. */
  idsWithPrefix(prefix: string, timeMs: number, limit: number): string[];
  /** The other ISP that has a node of that name at the time or later. */
  nodeTakenBy(node: string, isp: string, fromMs: number): string | undefined;
}

const columns =
  'component, isp, from_ms AS fromMs, to_ms AS toMs, asn, place, exchange, capacity FROM declared_components';
const inForce = 'from_ms <= @timeMs AND (to_ms IS NULL OR to_ms > @timeMs)';

export function createDeclaredComponents(database: Database): DeclaredComponents {
  const current = database.prepare<[string], DatedComponent>(
    `SELECT ${columns} WHERE isp = ? AND to_ms IS NULL`,
  );
  const insert = database.prepare(
    `INSERT INTO declared_components (component, isp, from_ms, asn, place, exchange, capacity)
     VALUES (@component, @isp, @fromMs, @asn, @place, @exchange, @capacity)`,
  );
  const close = database.prepare(
    'UPDATE declared_components SET to_ms = @toMs WHERE component = @component AND isp = @isp AND from_ms = @fromMs',
  );
  const remove = database.prepare(
    'DELETE FROM declared_components WHERE component = @component AND isp = @isp AND from_ms = @fromMs',
  );
  const history = database.prepare<[string], DatedComponent>(
    `SELECT ${columns} WHERE component = ? ORDER BY from_ms, isp`,
  );
  const select = (where: string) =>
    database
      .prepare<[object], string>(
        `SELECT DISTINCT component FROM declared_components WHERE ${where} AND ${inForce} ORDER BY component LIMIT @limit`,
      )
      .pluck();
  const by = {
    asn: select('asn = @value'),
    exchange: select('exchange = @value'),
    // A city is in its region, a region in its country.
    place: select("(place = @value OR substr(place, 1, length(@value) + 1) = @value || '/')"),
  };
  const byPrefix = select('component >= @prefix AND component < @after');
  const taken = database
    .prepare<[object], string>(
      `SELECT isp FROM declared_components
       WHERE component IN ('router:' || @node, 'switch:' || @node) AND isp <> @isp AND (to_ms IS NULL OR to_ms > @fromMs)`,
    )
    .pluck();
  return {
    replace(isp, components, fromMs) {
      const before = new Map(current.all(isp).map((row) => [row.component, row]));
      for (const component of components) {
        const row = before.get(component.component);
        before.delete(component.component);
        if (row !== undefined && isSame(row, component)) continue;
        if (row !== undefined) end(row);
        insert.run({ ...component, isp, fromMs });
      }
      for (const row of before.values()) end(row);

      function end({ component, fromMs: rowFromMs }: DatedComponent): void {
        // What would end as it begins never was.
        if (rowFromMs === fromMs) remove.run({ component, isp, fromMs });
        else close.run({ component, isp, fromMs: rowFromMs, toMs: fromMs });
      }
    },
    history: (component) => history.all(component),
    idsWith: (field, value, timeMs, limit) => by[field].all({ value, timeMs, limit }),
    idsWithPrefix: (prefix, timeMs, limit) =>
      byPrefix.all({ prefix, after: `${prefix}\u{10ffff}`, timeMs, limit }),
    nodeTakenBy: (node, isp, fromMs) => taken.get({ node, isp, fromMs }),
  };
}

const isSame = (row: DatedComponent, component: DeclaredComponent): boolean =>
  row.asn === component.asn &&
  row.place === component.place &&
  row.exchange === component.exchange &&
  row.capacity === component.capacity;
