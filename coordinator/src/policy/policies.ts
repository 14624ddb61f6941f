import {
  type EdgeLimit,
  type EdgeTransfer,
  MAX_POLICY_PAIRS,
  type PolicyChange,
  type PolicyState,
} from '@fairhop/shared/contract';
import { createBoundedCache, type Policy, type PolicyTerms } from '@fairhop/shared/model';
import type { AsGraph, AsPaths } from '@fairhop/shared/net';
import { type Clock, type Logger, withTimeout } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { Registry } from 'prom-client';
import { createListeners } from '../listeners.js';
import type { Booked } from './booked-load.js';
import { type ComponentCheck, createComponentCheck } from './check-component.js';
import { type ComponentFact, createComponentFacts } from './component-facts.js';
import { createPolicyEngine, type GrantOrders } from './engine.js';
import type { Download, GrantFacts } from './flow-table.js';
import { createInForce } from './in-force.js';
import { createPolicyMetrics, type PolicyMetrics } from './metrics.js';
import { createPolicyStore } from './policy-store.js';
import { createToldWays, type Pair } from './told-ways.js';
import { createPolicyViews, type EdgeEnd, type PolicyView } from './view.js';
import type { TitleFacts, WayEnd } from './way-end.js';

/** What accounting tells. */
interface PolicyFeed {
  readonly loads: readonly (Booked & { readonly policy: string })[];
  readonly ways: readonly (Pair & { readonly components: readonly string[] })[];
  readonly components: readonly (ComponentFact & { readonly id: string })[];
}

/** Capacities of components, and what follows from them for grants, edges and selection. */
export interface Policies {
  readonly check: ComponentCheck;
  /** `setBy` of a new policy, and who acted. Throws `too-many-policies` (409). */
  set(id: string, terms: PolicyTerms, setBy: string, actor: string): Policy;
  /** Throws `policy-unknown` (404). */
  remove(id: string, actor: string): Policy;
  get(id: string): Policy | undefined;
  /** Throws `policy-unknown` (404). */
  require(id: string): Policy;
  list(): readonly Policy[];
  state(policy: Policy): PolicyState;
  history(id: string): PolicyChange[];
  /** Takes what accounting tells, and says what it is to tell next. */
  feed(told: PolicyFeed): { policies: Policy[]; pairs: Pair[]; components: string[] };

  readonly metrics: Pick<PolicyMetrics, 'lowered' | 'revoked'>;
  /** What of the ways to a downloader is open. */
  viewOf(destination: WayEnd, title: TitleFacts): PolicyView;
  /** Looks at all running grants: what their uploaders are to be told. */
  tick(grants: Iterable<GrantFacts>): GrantOrders;
  /** An edge beats: what it may send. Undefined while nothing is in force. */
  beat(edge: EdgeEnd, transfers: readonly EdgeTransfer[]): Promise<EdgeLimit[] | undefined>;
  /** Where an edge's client is; unknown where it cannot be looked up soon. */
  placeOf(address: string): Promise<WayEnd>;
  /** A grant was just given: what it may send until the next look, bits per second. Undefined under no policy. */
  admit(grant: GrantFacts): number | undefined;
  /** Calls back when policies were set or removed. Gives what ends it. */
  onSet(listener: () => void): () => void;
  /** Calls back when one begins or ends to act, with downloads that are under it. Gives what ends it. */
  onPhase(listener: (downloads: readonly Download[]) => void): () => void;
  stop(): void;
}

/** Where an address is. */
type Place = Pick<WayEnd, 'isp'> & { readonly asn: number };

export interface PoliciesDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: Registry;
  paths(): AsPaths;
  graph(): AsGraph;
  networkOf(address: string): Promise<Place | null>;
  categoryOf(titleId: string): string | undefined;
}

/** Clients of edges; an entry takes about 100 bytes. */
const MAX_PLACES = 50_000;
/** Networks change when the AS graph or routes do. */
const PLACE_FRESH_MS = 30_000;
/** Local tables answer at once; a heartbeat does not wait for a live source of AS numbers. */
const PLACE_TIMEOUT_MS = 1_000;

export function createPolicies(database: Database, deps: PoliciesDependencies): Policies {
  const { clock, log, graph, paths, networkOf, categoryOf } = deps;
  const nowMs = (): number => clock.nowMs();
  const store = createPolicyStore(database, clock);
  const metrics = createPolicyMetrics(deps.registry);
  const facts = createComponentFacts(nowMs);
  const phases = createListeners<readonly Download[]>();
  const ways = createToldWays(nowMs);
  const inForce = createInForce({ store, ways, paths, graph });
  const onPhase = (_policy: Policy, downloads: readonly Download[]): void => phases.tell(downloads);
  const engine = createPolicyEngine({ clock, log, store, inForce, metrics, onPhase });
  const viewOf = createPolicyViews({ inForce, engine, metrics, graph, nowMs });
  const places = createBoundedCache<string, { readonly place: Place | null; readonly atMs: number }>(
    MAX_PLACES,
  );

  const placeOf = async (address: string): Promise<WayEnd> => {
    let known = places.get(address);
    if (known === undefined || nowMs() - known.atMs > PLACE_FRESH_MS) {
      try {
        const place = await withTimeout(networkOf(address), PLACE_TIMEOUT_MS, 'network-time-out');
        known = { place, atMs: nowMs() };
        places.set(address, known);
      } catch (error) {
        log.warn({ err: error, address }, 'the network of an edge’s client could not be looked up');
        known = { place: null, atMs: nowMs() };
      }
    }
    return { address, asn: known.place?.asn ?? null, isp: known.place?.isp ?? null };
  };

  return {
    check: createComponentCheck({ graph, paths, facts }),
    set: store.set,
    remove: store.remove,
    get: store.get,
    require: store.require,
    list: store.list,
    history: store.history,
    state(policy) {
      const { phase, booked, ...activity } = engine.activity(policy);
      return {
        ...policy,
        ...activity,
        ...metrics.counts(policy.id),
        phase: phase.name,
        actingSinceMs: phase.name === 'acting' ? phase.sinceMs : null,
        booked: booked ?? null,
      };
    },
    feed(told) {
      for (const { policy, ...booked } of told.loads) if (store.get(policy)) engine.book(policy, booked);
      for (const { components, ...pair } of told.ways) ways.tell(pair, components);
      for (const { id, ...fact } of told.components) facts.tell(id, fact);
      return {
        policies: [...inForce(nowMs()).policies],
        pairs: ways.wanted(MAX_POLICY_PAIRS),
        components: facts.wanted(),
      };
    },
    metrics,
    viewOf,
    tick: engine.tick,
    async beat(edge, transfers) {
      if (inForce(nowMs()).policies.length === 0) return undefined;
      const placed = await Promise.all(
        transfers.map(async (transfer) => {
          const facts = { id: transfer.title, category: categoryOf(transfer.title) };
          return { ...transfer, to: await placeOf(transfer.clientAddress), facts };
        }),
      );
      return engine.beat(edge.id, edge, placed);
    },
    placeOf,
    admit: engine.admit,
    onSet: store.onChange,
    onPhase: phases.add,
    stop: facts.stop,
  };
}
