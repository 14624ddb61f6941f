import { internalLinkId, peeringId, routerId, switchId, type Topology } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { getDomain } from 'tldts';
import type { NameHolder } from './check-names.js';
import { type Held, holderAt } from './name-holder.js';
import type { Steps } from './steps.js';

/** A component as a declaration has it. */
export interface DeclaredComponent {
  readonly component: string;
  /** The AS it is in; of a link between ASes the declaring end. */
  readonly asn: number;
  readonly place: string | null;
  readonly exchange: string | null;
  readonly capacity: number | null;
  /** Of a node's name the domain that was registered; null where it has none, and for links. */
  readonly domain: string | null;
}

/** With the ISP that declared it, and when. */
export interface DatedComponent extends DeclaredComponent, Held {
  readonly isp: string;
}

const none = { place: null, exchange: null, capacity: null, domain: null };

/** Routers, switches, internal links and peering links; links in both directions. */
export function* componentsOf(topology: Topology): Steps<DeclaredComponent[]> {
  const nodes = new Map(topology.nodes.map((node) => [node.name, node]));
  const components: DeclaredComponent[] = [];
  for (const { name, kind, asn, place = null } of topology.nodes) {
    yield;
    const component = kind === 'router' ? routerId(name) : switchId(name);
    components.push({ ...none, component, asn, place, domain: domainOf(name) ?? null });
  }
  for (const { between, capacityBitsPerSecond: capacity = null } of topology.internalLinks) {
    yield;
    const [left, right] = between;
    for (const [from, to] of [between, [right, left] as const])
      components.push({ ...none, component: internalLinkId(from, to), asn: nodes.get(from)!.asn, capacity });
  }
  for (const { name, node, neighbour, ...link } of topology.peeringLinks) {
    yield;
    const { asn, place = null } = nodes.get(node)!;
    const { exchange = null, capacityBitsPerSecond: capacity = null } = link;
    for (const component of [peeringId(asn, neighbour, name), peeringId(neighbour, asn, name)])
      components.push({ ...none, component, asn, place, exchange, capacity });
  }
  return components;
}

/** `sp1.example` of `core1.sp1.example`; undefined for what is no name in a domain. */
export function domainOf(node: string): string | undefined {
  const domain = getDomain(node, { validateHostname: false });
  return domain === null || domain.length >= node.length ? undefined : domain;
}

export interface DeclaredComponents {
  /**
   * What an ISP's declaration has from a time on; only what differs from before gets another date. Done again, it ends where it would
   * have: a step at a time is on disk.
   */
  replace(
    isp: string,
    components: readonly DeclaredComponent[],
    when: { readonly fromMs: number; readonly declaredMs: number; readonly isConfirmed: boolean },
  ): Steps<void>;
  /** Undoes `replace` of these from that time on; `components` are those before and after it. May be done again too. */
  restore(isp: string, components: readonly DeclaredComponent[], fromMs: number): Steps<void>;
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
  /** The ISP that has a node of that name at a time. */
  holderOf(node: string, timeMs: number): NameHolder | undefined;
  /** An ISP with names under the domain at the time: this one, if it has some. */
  userOf(domain: string, isp: string, timeMs: number): NameHolder | undefined;
  /** Whether the ISP declares names that others declare too, at whatever time. */
  isContested(isp: string): boolean;
  /** Names that the ISP declares and that others hold at the time. */
  lostBy(isp: string, timeMs: number): ReadonlySet<string>;
}

/** Rows that one transaction writes: some milliseconds. */
const ROWS_AT_ONCE = 256;
/** Rows that are read at once. */
const READ_AT_ONCE = 2_000;

const columns =
  'component, isp, from_ms AS fromMs, to_ms AS toMs, asn, place, exchange, capacity, domain, claimed_ms AS claimedMs, is_confirmed AS isConfirmed FROM declared_components';
const inForce = 'from_ms <= @timeMs AND (to_ms IS NULL OR to_ms > @timeMs)';

export function createDeclaredComponents(database: Database): DeclaredComponents {
  const currentAfter = database.prepare<[string, string], DatedComponent>(
    `SELECT ${columns} WHERE isp = ? AND to_ms IS NULL AND component > ? ORDER BY component LIMIT ${READ_AT_ONCE}`,
  );
  const insert = database.prepare(
    `INSERT INTO declared_components (component, isp, from_ms, asn, place, exchange, capacity, domain, claimed_ms, is_confirmed)
     VALUES (@component, @isp, @fromMs, @asn, @place, @exchange, @capacity, @domain, @claimedMs, @isConfirmed)`,
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
  const reopen = database.prepare(
    'UPDATE declared_components SET to_ms = NULL WHERE component = @component AND isp = @isp AND to_ms = @fromMs',
  );
  const rowsOfNode = database.prepare<[object], DatedComponent>(
    `SELECT ${columns} WHERE component IN ('router:' || @node, 'switch:' || @node) ORDER BY from_ms, isp`,
  );
  const selectUser = database.prepare<[object], NameHolder>(
    `SELECT isp, asn FROM declared_components WHERE domain = @domain AND ${inForce} ORDER BY isp <> @isp, from_ms LIMIT 1`,
  );
  /** Names that several ISPs have declared, of each of those. */
  const contested = new Map<string, Set<string>>();
  const look = (node: string): void => {
    const isps = new Set(rowsOfNode.all({ node }).map(({ isp }) => isp));
    if (isps.size < 2) {
      for (const names of contested.values()) names.delete(node);
      return;
    }
    for (const isp of isps) contested.set(isp, (contested.get(isp) ?? new Set()).add(node));
  };
  const selectContested = database.prepare<[], string>(
    `SELECT substr(component, instr(component, ':') + 1) AS node FROM declared_components
     WHERE component GLOB 'router:*' OR component GLOB 'switch:*' GROUP BY node HAVING count(DISTINCT isp) > 1`,
  );
  for (const node of selectContested.pluck().all()) look(node);

  /** Several writes are one transaction, and nothing else is written between two of its steps. */
  function* written<Item>(items: Iterable<Item>, write: (item: Item) => void): Steps<void> {
    const writeAll = database.transaction((some: readonly Item[]) => {
      for (const item of some) write(item);
    });
    let some: Item[] = [];
    for (const item of items) {
      some.push(item);
      if (some.length < ROWS_AT_ONCE) continue;
      writeAll.immediate(some);
      some = [];
      // Each of these is long enough that the clock is looked at.
      for (let step = 0; step < ROWS_AT_ONCE; step += 1) yield;
    }
    if (some.length > 0) writeAll.immediate(some);
  }
  const lookAtNode = (component: string): void => {
    const node = /^(?:router|switch):(.*)$/.exec(component)?.[1];
    if (node !== undefined) look(node);
  };
  return {
    *replace(isp, components, { fromMs, declaredMs, isConfirmed: confirmed }) {
      const isConfirmed = confirmed ? 1 : 0;
      const before = new Map<string, DatedComponent>();
      for (let last = ''; ; ) {
        const rows = currentAfter.all(isp, last);
        for (const row of rows) before.set(row.component, row);
        last = rows.at(-1)?.component ?? last;
        if (rows.length < READ_AT_ONCE) break;
        for (let step = 0; step < ROWS_AT_ONCE; step += 1) yield;
      }
      yield* written(components, (component) => {
        const row = before.get(component.component);
        before.delete(component.component);
        if (row !== undefined && isSame(row, component) && row.isConfirmed >= isConfirmed) return;
        // What the operator confirmed stays confirmed.
        const stays = row?.isConfirmed ?? 0;
        if (row !== undefined) end(row);
        const claimedMs = row?.claimedMs ?? Math.max(fromMs, declaredMs);
        insert.run({ ...component, isp, fromMs, claimedMs, isConfirmed: isConfirmed || stays });
        lookAtNode(component.component);
      });
      yield* written(before.values(), (row) => {
        end(row);
        lookAtNode(row.component);
      });

      function end({ component, fromMs: rowFromMs }: DatedComponent): void {
        // What would end as it begins never was.
        if (rowFromMs === fromMs) remove.run({ component, isp, fromMs });
        else close.run({ component, isp, fromMs: rowFromMs, toMs: fromMs });
      }
    },
    restore: (isp, components, fromMs) =>
      written(components, ({ component }) => {
        remove.run({ component, isp, fromMs });
        reopen.run({ component, isp, fromMs });
        lookAtNode(component);
      }),
    history: (component) => history.all(component),
    idsWith: (field, value, timeMs, limit) => by[field].all({ value, timeMs, limit }),
    idsWithPrefix: (prefix, timeMs, limit) =>
      byPrefix.all({ prefix, after: `${prefix}\u{10ffff}`, timeMs, limit }),
    holderOf(node, timeMs) {
      const row = holderAt(rowsOfNode.all({ node }), timeMs);
      return row && { isp: row.isp, asn: row.asn };
    },
    userOf: (domain, isp, timeMs) => selectUser.get({ domain, isp, timeMs }),
    isContested: (isp) => (contested.get(isp)?.size ?? 0) > 0,
    lostBy(isp, timeMs) {
      const lost = new Set<string>();
      for (const node of contested.get(isp) ?? []) {
        const holder = holderAt(rowsOfNode.all({ node }), timeMs);
        if (holder !== undefined && holder.isp !== isp) lost.add(node);
      }
      return lost;
    },
  };
}

const isSame = (row: DatedComponent, component: DeclaredComponent): boolean =>
  row.asn === component.asn &&
  row.place === component.place &&
  row.exchange === component.exchange &&
  row.capacity === component.capacity;
