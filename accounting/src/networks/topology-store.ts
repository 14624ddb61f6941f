import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DeclaredTopology, ListedTopology } from '@fairhop/shared/contract';
import { type Asn, createBoundedCache, FairhopError, type Topology } from '@fairhop/shared/model';
import { type Clock, invalidRequest, type Logger, type Service } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { DeclaredNetwork } from '../paths/knowledge.js';
import type { AsKnowledge } from './as-knowledge.js';
import { type BgpOrigins, rememberOrigins } from './bgp-origins.js';
import { checkDeclaration } from './check-declaration.js';
import { beginOf, checkRoom, wantedBegin } from './declaration-limits.js';
import type { DeclaredComponents } from './declared-components.js';
import type { Remark } from './remark.js';
import { inSlices } from './steps.js';
import { createStoredConflicts, type StoredConflicts } from './stored-conflicts.js';
import { indexTopologies } from './topology-index.js';
import { createTopologyRows, listed } from './topology-rows.js';
import { createVersions, type Version } from './topology-versions.js';
import { createTurns } from './turns.js';
import { withinAses, withNodes } from './within-ases.js';

interface Declaration {
  readonly isp: string;
  readonly topology: Topology;
  /** `operator`, `isp sp1` or `file sp1.json` */
  readonly declaredBy: string;
  /** The operator's word: prefixes, addresses and names count whoever has them elsewhere. */
  readonly isConfirmed: boolean;
  /** Where it is not given, now, or a minute after the one before. */
  readonly validFromMs?: number | undefined;
}

interface SourcedVersion {
  readonly version: number;
  /** Of the declaration as it came. */
  readonly digest: string;
  /** Nobody declared anything since. */
  readonly isNewest: boolean;
  /** What of it does not count. */
  readonly refusedCount: number;
}

export interface TopologyStore extends Service {
  /** Takes up what was broken off. */
  start(): Promise<void>;
  /**
   * Keeps a declaration as the newest version of its ISP; the same again, already in force, changes nothing unless other items of it
   * count now, and none counts less for want of routes. In slices, so that other work goes on. Throws `isp-unknown` (404),
   * `topology-out-of-order`, `topology-too-soon` and `too-many-versions` (409), `topology-backdated` (400), `invalid-request` (400)
   * with the contradictions in it, `declarations-busy` (503).
   */
  declare(declaration: Declaration): Promise<DeclaredTopology>;
  /**
   * Takes the newest version back before it begins. Throws `isp-unknown`, `topology-unknown` (404), `topology-begun` and
   * `topology-not-newest` (409), `declarations-busy` (503).
   */
  withdraw(isp: string, version: number): Promise<ListedTopology>;
  /** Throws `isp-unknown` and `topology-unknown` (404). */
  at(isp: string, timeMs: number): DeclaredTopology;
  /** The newest first, older than a version where one is given. Throws `isp-unknown` (404). */
  list(
    isp: string,
    page: { readonly beforeVersion?: number | undefined; readonly limit: number },
  ): ListedTopology[];
  /** The newest one that came from this source. */
  newestBy(isp: string, declaredBy: string): SourcedVersion | undefined;
  /** What the ISP of an AS says of its networks at a time; the same object for as long as that is the same. */
  declaredOf(asn: Asn, timeMs: number): DeclaredNetwork | undefined;
  /** Times within (fromMs, toMs) at which a declaration begins, ascending. */
  changes(fromMs: number, toMs: number): readonly number[];
  /** Grows with each change of what `declaredOf` may answer. */
  readonly revision: number;
  /** Where declarations in force differ from BGP, the AS graph and each other. */
  readonly conflicts: StoredConflicts['list'];
  /** The AS graph is another one now. */
  graphChanged(): void;
  /** BGP has other routes now. */
  routesChanged(): void;
}

/** Declarations in use at a time, of as many ISPs; one of a large ISP takes some 20 MB. */
const MAX_CACHED_NODES = 2_000_000;
/** ISPs whose names others declare too, at times of theirs. */
const MAX_CACHED_LOSSES = 1_000;
const none: ReadonlySet<string> = new Set();
const noOrigins: BgpOrigins = new Map();

export function createTopologyStore(
  database: Database,
  components: DeclaredComponents,
  { clock, log, knowledge }: { readonly clock: Clock; readonly log: Logger; readonly knowledge: AsKnowledge },
): TopologyStore {
  const rows = createTopologyRows(database);
  const versions = createVersions(rows.all());
  const topologies = createBoundedCache<string, Topology>(MAX_CACHED_NODES, weightOf);
  const emptyNetworks = () =>
    createBoundedCache<string, DeclaredNetwork>(MAX_CACHED_NODES, ({ topology }) => weightOf(topology));
  let networks = emptyNetworks();
  const losses = createBoundedCache<string, ReadonlySet<string>>(MAX_CACHED_LOSSES);
  let revision = 0;
  const turns = createTurns();
  const stopping = new AbortController();
  const { signal } = stopping;

  const topologyOf = (version: Version): Topology => {
    const key = `${version.isp} ${version.version}`;
    const topology = topologies.get(key) ?? rows.topology(version);
    topologies.set(key, topology);
    return topology;
  };
  const stored = createStoredConflicts({
    ...{ rows, versions, topologyOf, knowledge, log, signal },
    nowMs: () => clock.nowMs(),
  });
  const index = async (): Promise<void> => {
    if (await indexTopologies(rows, versions, components, signal)) revision += 1;
  };
  const requireIsp = (isp: string): void => {
    if (knowledge.graph().isp(isp) === undefined && versions.newest(isp) === undefined) throw unknownIsp(isp);
  };
  const whole = (version: Version): DeclaredTopology => {
    const { isConfirmed: _, ...told } = version;
    const { refused, conflicts } = rows.facts(version);
    return {
      ...told,
      validToMs: versions.endOf(version),
      refused: [...refused],
      conflicts: conflicts.map(({ what, code, message }) => ({ what, code, message })),
      topology: topologyOf(version),
    };
  };
  const declare = async (declaration: Declaration): Promise<DeclaredTopology> => {
    const { isp, topology: given, declaredBy, isConfirmed } = declaration;
    const graph = knowledge.graph();
    if (graph.isp(isp) === undefined) throw unknownIsp(isp);
    const digest = digestOf(given);
    await nextTurn();
    await index();
    const nowMs = clock.nowMs();
    const wantedMs = wantedBegin(isp, declaration.validFromMs, isConfirmed, nowMs);
    const before = versions.newest(isp);
    const kept = before && rows.facts(before);
    const { originOf, used } = rememberOrigins(kept?.digest === digest ? rows.origins(before!) : noOrigins, {
      originOf: knowledge.originOf,
      asOf: graph.asOf,
    });
    const timesMs = [Math.max(wantedMs ?? nowMs, before?.validFromMs ?? 0), nowMs];
    const facts = { isp, isConfirmed, timesMs, graph, components, originOf };
    const { errors, topology, refused, nameConflicts } = await inSlices(
      checkDeclaration(given, facts),
      signal,
    );
    if (errors.length > 0)
      throw invalidRequest(errors.map(({ path, message }) => ({ path: `body.${path}`, message })));
    await nextTurn();
    const origins = JSON.stringify([...used]);
    if (before !== undefined && before.validFromMs <= (wantedMs ?? nowMs)) {
      if (kept?.digest === digest && isSameRefused(kept.refused, refused)) {
        rows.setOrigins(before, origins);
        return whole(before);
      }
    }
    const validFromMs = beginOf(before, wantedMs, nowMs);
    const text = JSON.stringify(topology);
    checkRoom(isp, Buffer.byteLength(text) + Buffer.byteLength(origins), rows, nowMs);
    const number = rows.lastNumber(isp) + 1;
    const version: Version = {
      ...{ isp, version: number, validFromMs, declaredMs: nowMs, declaredBy },
      isConfirmed: isConfirmed ? 1 : 0,
    };
    rows.insert(version, { digest, refused, nameConflicts, topology: text, origins });
    topologies.set(`${isp} ${number}`, topology);
    versions.add(version);
    revision += 1;
    await index();
    await stored.find(version);
    return whole(version);
  };
  const withdraw = async (isp: string, number: number): Promise<ListedTopology> => {
    await index();
    requireIsp(isp);
    const version = versions.named(isp, number);
    if (version === undefined) throw unknownVersion(isp, number);
    const withdrawn = listed(rows.page(isp, number + 1, 1)[0]!, versions.endOf(version));
    const nowMs = clock.nowMs();
    if (version.validFromMs <= nowMs) throw begun(version);
    const newest = versions.newest(isp)!;
    if (newest !== version) throw notNewest(version, newest);
    rows.withdraw(version, nowMs);
    versions.removeNewest(isp);
    revision += 1;
    await index();
    return withdrawn;
  };
  /** Names that others have; asked of few ISPs, for every part. */
  const lostBy = (isp: string, timeMs: number): ReadonlySet<string> => {
    if (!components.isContested(isp)) return none;
    const key = `${isp} ${revision} ${versions.epochOf(timeMs)}`;
    const lost = losses.get(key) ?? components.lostBy(isp, timeMs);
    losses.set(key, lost);
    return lost;
  };
  return {
    async start() {
      await index();
      stored.findAll();
    },
    async stop() {
      stopping.abort(stopped());
      await Promise.all([turns.idle(), stored.idle()]);
    },
    declare: (declaration) => turns.take(() => declare(declaration)),
    withdraw: (isp, version) => turns.take(() => withdraw(isp, version)),
    at(isp, timeMs) {
      requireIsp(isp);
      const version = versions.inForce(isp, timeMs);
      if (version !== undefined) return whole(version);
      const message = `ISP ${isp} has no declaration in force at ${new Date(timeMs).toISOString()}; PUT one, or ask for a later time`;
      throw new FairhopError('topology-unknown', message, { status: 404 });
    },
    list(isp, { beforeVersion = Number.MAX_SAFE_INTEGER, limit }) {
      requireIsp(isp);
      return rows.page(isp, beforeVersion, limit).map((version) => listed(version, versions.endOf(version)));
    },
    newestBy(isp, declaredBy) {
      const row = rows.newestBy(isp, declaredBy);
      return row && { ...row, isNewest: row.version === rows.lastNumber(isp) };
    },
    declaredOf(asn, timeMs) {
      const graph = knowledge.graph();
      const isp = graph.ispOf(asn);
      const version = isp === undefined ? undefined : versions.inForce(isp, timeMs);
      if (isp === undefined || version === undefined) return undefined;
      const lost = lostBy(isp, timeMs);
      const key = [isp, version.version, ...lost].join(' ');
      const known = networks.get(key);
      if (known !== undefined) return known;
      const asns = graph.asesOfIsp(isp);
      const topology = withNodes(withinAses(topologyOf(version), asns), ({ name }) => !lost.has(name));
      const network = { isp, asns, topology };
      networks.set(key, network);
      return network;
    },
    changes: versions.changes,
    get revision() {
      return revision;
    },
    conflicts: stored.list,
    graphChanged() {
      networks = emptyNetworks();
      revision += 1;
      stored.findAll();
    },
    routesChanged: stored.findAll,
  };
}

/** Whose something is may be said in other words since. */
const isSameRefused = (before: readonly Remark[], now: readonly Remark[]): boolean =>
  before.length === now.length &&
  before.every(({ what, code }, index) => what === now[index]!.what && code === now[index]!.code);

const weightOf = ({ nodes, internalLinks, peeringLinks, attachments }: Topology): number =>
  1 + nodes.length + internalLinks.length + peeringLinks.length + attachments.length;

export const digestOf = (topology: Topology): string =>
  createHash('sha256').update(JSON.stringify(topology)).digest('hex');

const unknownIsp = (isp: string): FairhopError =>
  new FairhopError('isp-unknown', `the AS graph has no ISP ${isp}; name one of its isps`, { status: 404 });

const unknownVersion = (isp: string, version: number): FairhopError =>
  new FairhopError(
    'topology-unknown',
    `ISP ${isp} has no version ${version}; its list has those that it has`,
    {
      status: 404,
    },
  );

const begun = ({ isp, version, validFromMs }: Version): FairhopError => {
  const since = new Date(validFromMs).toISOString();
  const message = `version ${version} of ISP ${isp} began at ${since}, and what was booked by it stays; PUT another one`;
  return new FairhopError('topology-begun', message, { status: 409 });
};

const notNewest = ({ isp, version }: Version, newest: Version): FairhopError => {
  const message = `version ${version} of ISP ${isp} is not its newest one; withdraw version ${newest.version} first`;
  return new FairhopError('topology-not-newest', message, { status: 409 });
};

const stopped = (): FairhopError =>
  new FairhopError('networks-stopped', 'the service is ending; declare again once it runs', { status: 503 });
