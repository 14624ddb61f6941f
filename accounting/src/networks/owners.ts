import type { ComponentOwner } from '@fairhop/shared/contract';
import { type Asn, componentKindOf, FairhopError } from '@fairhop/shared/model';
import type { AsGraph } from '@fairhop/shared/net';
import type { Clock } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { DeclaredComponents } from './declared-components.js';
import { type OwnerStep, ownerHistory, stepsOf } from './owner-history.js';

export interface ComponentOwners {
  /** Takes what the AS graph says now; what changed is dated now. */
  learn(graph: Pick<AsGraph, 'ases'>): void;
  /** Who was paid for a component, from when to when; empty where nobody is known. */
  of(component: string): ComponentOwner[];
  /**
   * The operator's word from a time on, by default now; what was before stays. Throws `owner-out-of-order` and `too-many-owners` (409),
   * `component-not-owned` (400) for hosts, places and ISPs.
   */
  declare(component: string, owner: string, fromMs?: number): ComponentOwner[];
}

/** Far more than contracts about one component. */
const MAX_DECLARATIONS = 10_000;

/**
 * What the networks say of who is paid. An AS is its ISP's. A link between two ASes, and each peering link of it, is a direction: paid is
 * the ISP of the AS that the bytes enter, for that one takes them on towards who asked for them; the other direction is
 * the other ISP's. Routers, switches and internal links are of the ISP that declares them. Nobody is known for an exchange until the
 * operator says so. A place or a host is nobody's to be paid for.
 */
export function createComponentOwners(
  database: Database,
  components: Pick<DeclaredComponents, 'history'>,
  clock: Clock,
): ComponentOwners {
  const selectLatest = database.prepare<[], { asn: number; isp: string | null }>(
    'SELECT asn, isp, max(from_ms) FROM as_owners GROUP BY asn',
  );
  const insertAs = database.prepare(
    `INSERT INTO as_owners (asn, from_ms, isp) VALUES (@asn, @fromMs, @isp)
     ON CONFLICT (asn, from_ms) DO UPDATE SET isp = excluded.isp`,
  );
  const selectAs = database.prepare<[number], OwnerStep>(
    'SELECT isp AS owner, from_ms AS fromMs FROM as_owners WHERE asn = ? ORDER BY from_ms',
  );
  const selectDeclared = database.prepare<[string], OwnerStep & { owner: string }>(
    'SELECT owner, from_ms AS fromMs FROM declared_owners WHERE component = ? ORDER BY id',
  );
  const insertDeclared = database.prepare(
    'INSERT INTO declared_owners (component, owner, from_ms, declared_ms) VALUES (@component, @owner, @fromMs, @declaredMs)',
  );
  const learn = database.transaction((graph: Pick<AsGraph, 'ases'>, fromMs: number): void => {
    const gone = new Map(selectLatest.all().map(({ asn, isp }) => [asn, isp]));
    for (const { asn, isp } of graph.ases) {
      if (gone.get(asn) !== isp) insertAs.run({ asn, fromMs, isp });
      gone.delete(asn);
    }
    for (const [asn, isp] of gone) if (isp !== null) insertAs.run({ asn, fromMs, isp: null });
  });
  const learntOf = (component: string): OwnerStep[] => {
    switch (componentKindOf(component)) {
      case 'as':
      case 'link':
      case 'peering':
        return selectAs.all(enteredAs(component));
      case 'router':
      case 'switch':
      case 'internal':
        return stepsOf(components.history(component).map(({ isp, ...dated }) => ({ ...dated, owner: isp })));
      case 'isp':
        return [{ owner: component.slice('isp:'.length), fromMs: 0 }];
      default:
        return [];
    }
  };
  const of = (component: string): ComponentOwner[] =>
    ownerHistory(learntOf(component), selectDeclared.all(component));
  return {
    learn: (graph) => learn.immediate(graph, clock.nowMs()),
    of,
    declare(component, owner, fromMs = clock.nowMs()) {
      const kind = componentKindOf(component);
      if (kind === 'host' || kind === 'place' || kind === 'isp') {
        const message = `nobody is paid for ${component} itself; declare who owns an AS, a link, a router or an exchange`;
        throw new FairhopError('component-not-owned', message, { status: 400 });
      }
      const declared = selectDeclared.all(component);
      const last = declared.at(-1);
      if (last?.owner === owner && last.fromMs <= fromMs) return of(component);
      if (last !== undefined && fromMs < last.fromMs) throw outOfOrder(component, last, fromMs);
      if (declared.length >= MAX_DECLARATIONS) {
        const message = `${component} has ${MAX_DECLARATIONS} declared owners, which is the most`;
        throw new FairhopError('too-many-owners', message, { status: 409 });
      }
      insertDeclared.run({ component, owner, fromMs, declaredMs: clock.nowMs() });
      return of(component);
    },
  };
}

/** `as:64501`, `link:as:64501>as:64502` and `peering:as:64501>as:64502/name` end, or all but end, with it. */
const enteredAs = (component: string): Asn => Number(/as:(\d+)(?:\/.*)?$/.exec(component)?.[1]);

const outOfOrder = (component: string, last: OwnerStep, fromMs: number): FairhopError => {
  const text = (timeMs: number): string => new Date(timeMs).toISOString();
  const message = `the owner of ${component} is ${last.owner} from ${text(last.fromMs)} on; a later word cannot begin before it, at ${text(fromMs)}`;
  return new FairhopError('owner-out-of-order', message, { status: 409 });
};
