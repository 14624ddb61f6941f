import type { Query } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import type { Route } from '../ledger/routes.js';
import { type Reading, rowsOf } from '../reading/index.js';
import { networkOf, parseNetwork } from './networks.js';
import { invalidQuery, type Period } from './period.js';
import type { QueryStore } from './store.js';
import type { View } from './view.js';
import type { Zone } from './zone.js';

/** The networks that exist, with traffic or without. */
export interface KnownNetworks {
  isp(id: string): unknown;
  autonomousSystem(asn: number): unknown;
  /** Whether a router, a peering link or the like was ever declared. */
  isComponent(id: string): boolean;
}

/** A query with all that it takes to answer it. */
export interface Question {
  readonly query: Query;
  readonly store: QueryStore;
  readonly zone: Zone;
  readonly period: Period;
  /** Of who asks; undefined: sees all. */
  readonly view?: View | undefined;
}

/** Routes that who asks may know of, where being known matters; what others have must not show by an error. */
const knownRoutes = ({ query, store, view }: Question): Route[] => {
  const routes = [...store.routes().values()];
  return view === undefined ? routes : routes.filter((route) => view.sees?.(route, query) ?? false);
};

/** Throws `network-unknown`. */
export function checkNetworks(question: Question, known: KnownNetworks): void {
  const { query } = question;
  for (const field of ['leaves', 'enters', 'source', 'destination'] as const) {
    const ref = query[field];
    if (ref === undefined) continue;
    const named = parseNetwork(ref);
    const isKnown = 'isp' in named ? known.isp(named.isp) : known.autonomousSystem(named.asn);
    if (isKnown !== undefined) continue;
    // A network that is gone from the graph stays known by its traffic.
    const network = networkOf(ref);
    const hasTraffic = ({ path, sourceAs, sourceIsp, destinationAs, destinationIsp }: Route): boolean =>
      network(sourceAs, sourceIsp) ||
      network(destinationAs, destinationIsp) ||
      (path?.asPath.some((asn, index) => network(asn, path.isps[index] ?? null)) ?? false);
    if (knownRoutes(question).some(hasTraffic)) continue;
    throw unknown('network', field, ref, 'an ISP or as:N of the AS graph is right');
  }
}

/** As it is booked: ISPs are slugs, and names of routers and links are kept in lower case as DNS compares them. */
export const bookedComponent = (ref: string): string => ref.toLowerCase();

/** Throws `component-unknown`, and `query-invalid` for a place where only what bills counts. A link between two ASes that are known may have no traffic yet. */
export function checkComponents(question: Question, known: KnownNetworks): void {
  const { query, view } = question;
  for (const ref of query.crosses ?? []) {
    const component = bookedComponent(ref);
    if (component.startsWith('place:')) {
      if (query.billable === 'any') continue;
      throw invalidQuery('crosses', `${ref} only describes paths and bills nothing; ask by place instead`);
    }
    // What ISPs declare inside of their networks is not for everybody to find out.
    if (view !== undefined && !/^(as|link|isp):/.test(component)) continue;
    if (isKnown(component, known)) continue;
    const isCrossed = ({ path }: Route): boolean => path?.components.includes(component) ?? false;
    if (knownRoutes(question).some(isCrossed)) continue;
    throw unknown(
      'component',
      'crosses',
      ref,
      'one of the AS graph, of a declared topology, or with booked traffic is right',
    );
  }
}

function isKnown(component: string, known: KnownNetworks): boolean {
  const isp = /^isp:(.+)$/.exec(component)?.[1];
  if (isp !== undefined) return known.isp(isp) !== undefined;
  if (!/^(as|link):/.test(component)) return known.isComponent(component);
  const asns = [...component.matchAll(/as:(\d+)/g)].map(([, asn]) => Number(asn));
  return asns.every((asn) => known.autonomousSystem(asn) !== undefined);
}

/** Throws `category-unknown`. */
export function* checkCategory({ query: { category }, view }: Question): Reading<void> {
  // Whether others have it is not told.
  if (category === undefined || view !== undefined) return;
  const select = { sql: 'SELECT 1 FROM files WHERE category = @category LIMIT 1', parameters: { category } };
  if ((yield* rowsOf(select)).length > 0) return;
  throw unknown('category', 'category', category, 'a category with booked traffic is right');
}

function unknown(what: string, path: string, value: string, right: string): FairhopError {
  const message = `${what} ${value} is not known here; ${right}`;
  return new FairhopError(`${what}-unknown`, message, { status: 404, errors: [{ path, message }] });
}

/** Has nothing: what is not known at all and what others alone have look the same in a view. */
const NOBODY = -1;

/** Throws `owner-unknown`. */
export function ownerOf({ query, store, view }: Question): number | undefined {
  if (query.owner === undefined) return undefined;
  const id = store.owners.id(query.owner);
  if (id === undefined && view !== undefined) return NOBODY;
  if (id === undefined) throw unknown('owner', 'owner', query.owner, 'an owner with booked traffic is right');
  return id;
}

/** Throws `title-unknown`. */
export function titleOf({ query, store, view }: Question): number | undefined {
  if (query.title === undefined) return undefined;
  const id = store.titles.id(query.title);
  if (id === undefined && view !== undefined) return NOBODY;
  if (id === undefined) throw unknown('title', 'title', query.title, 'a title with booked traffic is right');
  return id;
}
