import { createHash } from 'node:crypto';
import type { DeclaredTopology } from '@fairhop/shared/contract';
import { type Asn, createBoundedCache, FairhopError, type Topology } from '@fairhop/shared/model';
import type { AsGraph } from '@fairhop/shared/net';
import { type Clock, invalidRequest } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { DeclaredNetwork } from '../paths/knowledge.js';
import { type AsConflict, asConflicts } from './as-conflicts.js';
import { withoutForeign } from './check-ownership.js';
import { inLowerCase, structureErrors } from './check-structure.js';
import { componentsOf, type DeclaredComponents } from './declared-components.js';
import { type Remark, toldRemarks } from './remark.js';
import { withinAses } from './within-ases.js';

/** Who else may be asked about networks. */
export interface AsKnowledge {
  graph(): AsGraph;
  /** AS from which BGP has an address now; undefined where it has none. */
  originOf(address: string): Asn | undefined;
  /** Whether the two stand next to each other in a route that BGP has now. */
  isLinkInBgp(left: Asn, right: Asn): boolean;
}

interface Declaration {
  readonly isp: string;
  readonly topology: Topology;
  /** `operator`, `isp sp1` or `file sp1.json` */
  readonly declaredBy: string;
  /** The operator's word: prefixes and addresses count whoever has them elsewhere. */
  readonly isConfirmed: boolean;
  /** Now, where it is not given. */
  readonly validFromMs?: number | undefined;
}

interface SourcedVersion {
  readonly version: number;
  /** Of the declaration as it came. */
  readonly digest: string;
  /** Nobody declared anything since. */
  readonly isNewest: boolean;
}

export interface TopologyStore {
  /**
   * Keeps a declaration as the newest version of its ISP; the same again, already in force, changes nothing. Throws `isp-unknown` (404),
   * `topology-out-of-order` and `too-many-versions` (409), `invalid-request` (400) with every contradiction in it.
   */
  declare(declaration: Declaration): DeclaredTopology;
  /** Throws `isp-unknown` and `topology-unknown` (404). */
  at(isp: string, timeMs: number): DeclaredTopology;
  /** The newest first. Throws `isp-unknown` (404). */
  list(isp: string): Omit<DeclaredTopology, 'topology'>[];
  /** The newest one that came from this source. */
  newestBy(isp: string, declaredBy: string): SourcedVersion | undefined;
  /** What the ISP of an AS says of its networks at a time; the same object for as long as that is the same. */
  declaredOf(asn: Asn, timeMs: number): DeclaredNetwork | undefined;
  /** Times within (fromMs, toMs) at which a declaration begins, ascending. */
  changes(fromMs: number, toMs: number): number[];
  /** Grows with each change of what `declaredOf` may answer. */
  readonly revision: number;
  /** Where declarations in force differ from BGP and the AS graph about what is between ASes. */
  conflicts(timeMs: number): (AsConflict & { readonly isp: string; readonly declaredMs: number })[];
  /** The AS graph is another one now. */
  graphChanged(): void;
}

/** One an hour for over a year. */
const MAX_VERSIONS = 10_000;
/** Declarations in use at a time, of as many ISPs; one of a large ISP takes some 20 MB. */
const MAX_CACHED_NODES = 2_000_000;

interface VersionRow {
  readonly isp: string;
  readonly version: number;
  readonly validFromMs: number;
  readonly declaredMs: number;
  readonly declaredBy: string;
  readonly digest: string;
  readonly refused: string;
}
type Version = Omit<VersionRow, 'refused' | 'digest'>;

const columns =
  'isp, version, valid_from_ms AS validFromMs, declared_ms AS declaredMs, declared_by AS declaredBy, digest, refused';

export function createTopologyStore(
  database: Database,
  components: DeclaredComponents,
  { clock, knowledge }: { readonly clock: Clock; readonly knowledge: AsKnowledge },
): TopologyStore {
  const selectVersion = database.prepare<[string, number], VersionRow>(
    `SELECT ${columns} FROM topologies WHERE isp = ? AND version = ?`,
  );
  const selectTopology = database
    .prepare<[string, number], string>('SELECT topology FROM topologies WHERE isp = ? AND version = ?')
    .pluck();
  const selectNewestBy = database.prepare<[string, string], { digest: string; version: number }>(
    'SELECT digest, version FROM topologies WHERE isp = ? AND declared_by = ? ORDER BY version DESC LIMIT 1',
  );
  const insert = database.prepare(
    `INSERT INTO topologies VALUES (@isp, @version, @validFromMs, @declaredMs, @declaredBy, @digest, @refused, @topology)`,
  );
  /** Of each ISP in order; few bytes each, for every event is resolved by them. */
  const versions = new Map<string, Version[]>();
  for (const row of database
    .prepare<[], Version>(
      `SELECT isp, version, valid_from_ms AS validFromMs, declared_ms AS declaredMs, declared_by AS declaredBy
       FROM topologies ORDER BY isp, version`,
    )
    .all())
    addVersion(row);
  const topologies = createBoundedCache<string, Topology>(MAX_CACHED_NODES, weightOf);
  const emptyNetworks = () =>
    createBoundedCache<string, DeclaredNetwork>(MAX_CACHED_NODES, ({ topology }) => weightOf(topology));
  let networks = emptyNetworks();
  let revision = 0;

  function addVersion(version: Version): void {
    const before = versions.get(version.isp);
    if (before === undefined) versions.set(version.isp, [version]);
    else before.push(version);
  }
  const inForce = (isp: string, timeMs: number): Version | undefined =>
    versions.get(isp)?.findLast(({ validFromMs }) => validFromMs <= timeMs);
  const topologyOf = ({ isp, version }: Version): Topology => {
    const key = `${isp} ${version}`;
    let topology = topologies.get(key);
    if (topology === undefined) {
      topology = JSON.parse(selectTopology.get(isp, version)!) as Topology;
      topologies.set(key, topology);
    }
    return topology;
  };
  const requireIsp = (isp: string): void => {
    if (knowledge.graph().isp(isp) !== undefined || versions.has(isp)) return;
    throw unknownIsp(isp);
  };
  const conflictsOf = (version: Version): AsConflict[] =>
    asConflicts(topologyOf(version), {
      graph: knowledge.graph(),
      originOf: knowledge.originOf,
      isLinkInBgp: knowledge.isLinkInBgp,
    });
  const describe = (version: Version): Omit<DeclaredTopology, 'topology'> => {
    const { refused } = selectVersion.get(version.isp, version.version)!;
    const { isp, declaredMs, declaredBy, validFromMs } = version;
    return {
      isp,
      version: version.version,
      validFromMs,
      validToMs: versions.get(isp)![version.version]?.validFromMs ?? null,
      declaredMs,
      declaredBy,
      refused: JSON.parse(refused) as Remark[],
      conflicts: toldRemarks(conflictsOf(version)).map(({ what, code, message }) => ({
        what,
        code,
        message,
      })),
    };
  };
  const whole = (version: Version): DeclaredTopology => ({
    ...describe(version),
    topology: topologyOf(version),
  });

  const keep = (version: Version, digest: string, refused: string, topology: Topology): void => {
    const { isp, validFromMs } = version;
    insert.run({ ...version, digest, refused, topology: JSON.stringify(topology) });
    components.replace(isp, componentsOf(topology), validFromMs);
  };
  return {
    declare({ isp, topology: given, declaredBy, isConfirmed, validFromMs: wantedFromMs }) {
      const graph = knowledge.graph();
      if (graph.isp(isp) === undefined) throw unknownIsp(isp);
      const nowMs = clock.nowMs();
      const validFromMs = wantedFromMs ?? nowMs;
      const topology = inLowerCase(given);
      const takenBy = (node: string) => components.nodeTakenBy(node, isp, validFromMs);
      const errors = structureErrors(topology, { isp, graph, takenBy });
      if (errors.length > 0)
        throw invalidRequest(errors.map(({ path, message }) => ({ path: `body.${path}`, message })));
      const { originOf } = knowledge;
      const checked = isConfirmed
        ? { topology, refused: [] }
        : withoutForeign(topology, { isp, graph, originOf });
      const refused = JSON.stringify(toldRemarks(checked.refused));
      const digest = digestOf(given);

      const before = versions.get(isp)?.at(-1);
      if (before !== undefined) {
        const row = selectVersion.get(isp, before.version)!;
        const isSame = row.digest === digest && row.refused === refused;
        if (isSame && before.validFromMs <= validFromMs) return whole(before);
        if (validFromMs < before.validFromMs) throw outOfOrder(before, validFromMs);
        if (before.version >= MAX_VERSIONS) throw tooMany(isp);
      }
      const version = {
        isp,
        version: (before?.version ?? 0) + 1,
        validFromMs,
        declaredMs: nowMs,
        declaredBy,
      };
      database.transaction(keep).immediate(version, digest, refused, checked.topology);
      addVersion(version);
      revision += 1;
      return whole(version);
    },
    at(isp, timeMs) {
      requireIsp(isp);
      const version = inForce(isp, timeMs);
      if (version !== undefined) return whole(version);
      const message = `ISP ${isp} has no declaration in force at ${new Date(timeMs).toISOString()}; PUT one, or ask for a later time`;
      throw new FairhopError('topology-unknown', message, { status: 404 });
    },
    list(isp) {
      requireIsp(isp);
      return (versions.get(isp) ?? []).map(describe).reverse();
    },
    newestBy(isp, declaredBy) {
      const row = selectNewestBy.get(isp, declaredBy);
      if (row === undefined) return undefined;
      return { ...row, isNewest: row.version === versions.get(isp)?.at(-1)?.version };
    },
    declaredOf(asn, timeMs) {
      const graph = knowledge.graph();
      const isp = graph.ispOf(asn);
      const version = isp === undefined ? undefined : inForce(isp, timeMs);
      if (isp === undefined || version === undefined) return undefined;
      const key = `${isp} ${version.version}`;
      let network = networks.get(key);
      if (network === undefined) {
        const asns = graph.asesOfIsp(isp);
        network = { isp, asns, topology: withinAses(topologyOf(version), asns) };
        networks.set(key, network);
      }
      return network;
    },
    changes(fromMs, toMs) {
      const times = new Set<number>();
      for (const list of versions.values())
        for (const { validFromMs } of list)
          if (validFromMs > fromMs && validFromMs < toMs) times.add(validFromMs);
      return [...times].sort((left, right) => left - right);
    },
    get revision() {
      return revision;
    },
    conflicts(timeMs) {
      return [...versions.keys()].flatMap((isp) => {
        const version = inForce(isp, timeMs);
        if (version === undefined) return [];
        return conflictsOf(version).map((conflict) => ({
          ...conflict,
          isp,
          declaredMs: version.declaredMs,
        }));
      });
    },
    graphChanged() {
      networks = emptyNetworks();
      revision += 1;
    },
  };
}

const weightOf = ({ nodes, internalLinks, peeringLinks, attachments }: Topology): number =>
  1 + nodes.length + internalLinks.length + peeringLinks.length + attachments.length;

export const digestOf = (topology: Topology): string =>
  createHash('sha256').update(JSON.stringify(topology)).digest('hex');

const unknownIsp = (isp: string): FairhopError =>
  new FairhopError('isp-unknown', `the AS graph has no ISP ${isp}; name one of its isps`, { status: 404 });

const outOfOrder = ({ isp, version, validFromMs }: Version, wantedMs: number): FairhopError => {
  const text = (timeMs: number): string => new Date(timeMs).toISOString();
  return new FairhopError(
    'topology-out-of-order',
    `version ${version} of ISP ${isp} begins at ${text(validFromMs)}; a newer one cannot begin before it, at ${text(wantedMs)}`,
    { status: 409 },
  );
};

const tooMany = (isp: string): FairhopError =>
  new FairhopError('too-many-versions', `ISP ${isp} has ${MAX_VERSIONS} declarations, which is the most`, {
    status: 409,
  });
