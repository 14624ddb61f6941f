import type { AddressInput } from '../address.js';

/** What one router's RIB says of the way to an address. */
export interface BgpRoute {
  /** The longest prefix with a usable route: `198.18.16.0/20`. */
  readonly prefix: string;
  /** From the asking AS to the origin, both included; repeated ASes (prepending) once. */
  readonly asPath: readonly number[];
  /**
   * Of the asking AS's own router: the address of the far end of the peering link, or a loopback. Null where not its own, and where
   * its routers have several and none is known to be the source's.
   */
  readonly nextHop: string | null;
  /**
   * `own`: the choice of a router of the asking AS. `told`: what the asking AS told another AS, so what it uses; or one of several
   * choices of its routers. `passed`: the rest of a route that passes through the asking AS.
   */
  readonly vantage: 'own' | 'told' | 'passed';
}

/** One RIB dump, read and immutable. */
export interface RibSnapshot {
  /** When it was written (MRT header), milliseconds. */
  readonly timeMs: number;
  /** AS of the router that wrote it; undefined for a route collector. */
  readonly asn: number | undefined;
  readonly prefixes: number;
  readonly routes: number;
  /** Hash of all that lookups depend on: equal dumps have equal ones. */
  readonly digest: string;
  /** AS at the end of the best route of the longest prefix. */
  originOf(address: AddressInput): number | undefined;
  /** Best known way of `from` to the address; undefined where this RIB knows none that may be used (AS_SET, loop). */
  route(from: number, address: AddressInput): BgpRoute | undefined;
  /** Links between ASes that appear next to each other in usable paths. */
  readonly links: Iterable<readonly [number, number]>;
}

/** Who announces the longest prefix around an address. */
export interface BgpOrigins {
  /** Bits of that prefix. */
  readonly prefixLength: number;
  /** Each once, the best route's first; several where it has multiple origins (MOAS), none where no route may be used. */
  readonly asns: readonly number[];
}

export interface RibView {
  /** The first of `originsOf`. */
  originOf(address: AddressInput): number | undefined;
  /** Of the longest prefix of all routers; undefined where none has one that holds the address. */
  originsOf(address: AddressInput): BgpOrigins | undefined;
  /**
   * Bytes follow the longest prefix: where its route may not be used, no shorter one stands in for it. Own
   * routers of `from` come first, among them one whose subscribers `sourceAddress` belongs to; then what it told others, then routes
   * that pass through it.
   */
  route(from: number, destination: AddressInput, sourceAddress?: AddressInput): BgpRoute | undefined;
}

/** RIBs of several routers over time. */
export interface RibHistory {
  /** What was in force then: of each router the newest dump that is not later, or its oldest one. */
  at(timeMs: number): RibView;
  /** Times within (fromMs, toMs) at which what is in force became another, ascending. */
  changes(fromMs: number, toMs: number): readonly number[];
  /** Grows by one with each dump that is taken in or dropped: what was derived before may be derived anew. */
  readonly revision: number;
}
