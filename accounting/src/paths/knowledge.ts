import type {
  Asn,
  ElementSource,
  PathConflict,
  PathElement,
  PathEvidenceRecord,
  Topology,
} from '@fairhop/shared/model';
import type { Exchange, RibHistory } from '@fairhop/shared/net';

/** One end of a way. */
export interface WayEnd {
  readonly address: string;
  readonly asn: Asn;
}

/** What a source of AS paths answers. */
export interface AsWay {
  /** From source to destination, both included. */
  readonly asPath: readonly Asn[];
  readonly source: ElementSource;
  /** Percent. */
  readonly confidence: number;
  /** Of the source's own router: where the bytes leave its AS. Null where not known. */
  readonly nextHop: string | null;
}

/** Knows ways between ASes at a time. */
export interface AsPathSource {
  readonly name: ElementSource;
  asWay(source: WayEnd, destination: WayEnd, timeMs: number): AsWay | undefined;
}

/** An ISP's declaration that is in force, with what is derived from it once. */
export interface DeclaredNetwork {
  readonly isp: string;
  readonly asns: readonly Asn[];
  readonly topology: Topology;
}

/** A traceroute that was kept. `isTrusted`: by an edge of the operator's own. */
export interface Trace extends PathEvidenceRecord {
  readonly isTrusted: boolean;
}

/** What is known below the AS level at one time. */
export interface NetworkDetail {
  /** The declaration of the ISP that has the AS. */
  declaredOf(asn: Asn): DeclaredNetwork | undefined;
  exchangeOf(address: string): Exchange | undefined;
  /** AS of an address by prefixes; undefined where unknown, and in exchange LANs. */
  asOf(address: string): Asn | undefined;
  /** Country, region, city of an address by a database of places. */
  placeOf(address: string): { readonly place: string; readonly confidence: number } | undefined;
  /** The newest forward trace between the networks of two addresses that holds at that time. */
  traceBetween(source: string, destination: string): Trace | undefined;
}

/** A way with all that is known of it, before it is interned. */
export interface DescribedWay {
  readonly elements: readonly PathElement[];
  readonly conflicts: readonly PathConflict[];
}

/** What ISPs declared of their own networks, over time. */
export interface DeclaredNetworks {
  /** The declaration that was in force then of the ISP that has the AS. */
  declaredOf(asn: Asn, timeMs: number): DeclaredNetwork | undefined;
  /** Times within (fromMs, toMs) at which what is in force became another, ascending. */
  changes(fromMs: number, toMs: number): readonly number[];
  /** Grows with each declaration: what was derived before may be derived anew. */
  readonly revision: number;
}

/** Traceroutes that were kept. */
export interface TraceLookup {
  /** Forward traces between the networks of two addresses that may tell of a time, the best first. */
  tracesBetween(
    source: string,
    destination: string,
    timeMs: number,
  ): readonly { readonly id: number; readonly startMs: number }[];
  trace(id: number): Trace | undefined;
}

/** All that paths are told from beside the operator's AS graph. */
export interface PathKnowledge {
  readonly ribs: RibHistory;
  readonly networks: DeclaredNetworks;
  readonly traces: TraceLookup;
  readonly placeOf: NetworkDetail['placeOf'];
}
