import type { ListedTopology } from '@fairhop/shared/contract';
import type { Topology } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import type { AsConflict } from './as-conflicts.js';
import type { BgpOrigins } from './bgp-origins.js';
import type { Remark } from './remark.js';
import type { Version } from './topology-versions.js';

/** What is kept of a declaration beside its content. */
interface KeptFacts {
  readonly digest: string;
  readonly refused: readonly Remark[];
  readonly conflicts: readonly AsConflict[];
  readonly nameConflicts: readonly AsConflict[];
}

export interface ListedVersion extends Version {
  readonly refusedCount: number;
  readonly conflictCount: number;
}

interface NewTopology extends Omit<KeptFacts, 'conflicts'> {
  /** As JSON. */
  readonly topology: string;
  readonly origins: string;
}

interface NewestTopology {
  readonly digest: string;
  readonly version: number;
  readonly refusedCount: number;
}

/** Of declarations of one ISP since a time, withdrawn ones too. */
interface Kept {
  readonly count: number;
  readonly sizeBytes: number;
}

/** Declarations on disk. */
export interface TopologyRows {
  all(): Version[];
  facts(version: Version): KeptFacts;
  topology(version: Version): Topology;
  origins(version: Version): BgpOrigins;
  /** The newest first, with smaller numbers than this. */
  page(isp: string, beforeVersion: number, limit: number): ListedVersion[];
  newestBy(isp: string, declaredBy: string): NewestTopology | undefined;
  /** Numbers are not given twice, withdrawn or not. */
  lastNumber(isp: string): number;
  keptSince(isp: string, declaredSinceMs: number): Kept;
  /** It is not indexed yet. */
  insert(version: Version, topology: NewTopology): void;
  setOrigins(version: Version, origins: string): void;
  setConflicts(version: Version, conflicts: readonly AsConflict[]): void;
  /** It is to be taken out of the index. */
  withdraw(version: Version, nowMs: number): void;
  /** What the index does not have yet, or still has. */
  notIndexed(): (Version & { readonly isWithdrawn: 0 | 1 })[];
  indexed(version: Version, isWithdrawn: boolean): void;
  /** What of an ISP's declarations differs from others'; counted, so that those without are not read. */
  conflictCount(version: Version): number;
}

const columns =
  'isp, version, valid_from_ms AS validFromMs, declared_ms AS declaredMs, declared_by AS declaredBy, is_confirmed AS isConfirmed';

export function createTopologyRows(database: Database): TopologyRows {
  const one = 'isp = @isp AND version = @version';
  const selectAll = database.prepare<[], Version>(
    `SELECT ${columns} FROM topologies WHERE withdrawn_ms IS NULL ORDER BY isp, version`,
  );
  const selectFacts = database.prepare<[Version], Record<keyof KeptFacts, string>>(
    `SELECT digest, refused, conflicts, name_conflicts AS nameConflicts FROM topologies WHERE ${one}`,
  );
  const selectTopology = database
    .prepare<[Version], string>(`SELECT topology FROM topology_contents WHERE ${one}`)
    .pluck();
  const selectPage = database.prepare<[object], ListedVersion>(
    `SELECT ${columns}, json_array_length(refused) AS refusedCount, json_array_length(conflicts) AS conflictCount
     FROM topologies WHERE isp = @isp AND version < @beforeVersion AND withdrawn_ms IS NULL ORDER BY version DESC LIMIT @limit`,
  );
  const selectNewestBy = database.prepare<[string, string], NewestTopology>(
    `SELECT digest, version, json_array_length(refused) AS refusedCount FROM topologies
     WHERE isp = ? AND declared_by = ? ORDER BY version DESC LIMIT 1`,
  );
  const selectOrigins = database
    .prepare<[Version], string>(`SELECT origins FROM topologies WHERE ${one}`)
    .pluck();
  const selectLastNumber = database
    .prepare<[string], number>('SELECT coalesce(max(version), 0) FROM topologies WHERE isp = ?')
    .pluck();
  const selectKept = database.prepare<[string, number], Kept>(
    `SELECT count(*) AS count, coalesce(sum(size_bytes), 0) AS sizeBytes FROM topologies
     WHERE isp = ? AND declared_ms > ?`,
  );
  const insert = database.prepare(
    `INSERT INTO topologies (isp, version, valid_from_ms, declared_ms, declared_by, is_confirmed, digest, refused, size_bytes,
       is_indexed, name_conflicts, origins)
     VALUES (@isp, @version, @validFromMs, @declaredMs, @declaredBy, @isConfirmed, @digest, @refused, @sizeBytes, 0, @nameConflicts, @origins)`,
  );
  const insertContent = database.prepare('INSERT INTO topology_contents VALUES (@isp, @version, @topology)');
  const removeContent = database.prepare(`DELETE FROM topology_contents WHERE ${one}`);
  const setConflicts = database.prepare(
    `UPDATE topologies SET conflicts = @conflicts WHERE ${one} AND conflicts <> @conflicts`,
  );
  const setOrigins = database.prepare(
    `UPDATE topologies SET origins = @origins WHERE ${one} AND origins <> @origins`,
  );
  const withdraw = database.prepare(
    `UPDATE topologies SET withdrawn_ms = @nowMs, is_indexed = 0 WHERE ${one}`,
  );
  const selectNotIndexed = database.prepare<[], Version & { isWithdrawn: 0 | 1 }>(
    `SELECT ${columns}, withdrawn_ms IS NOT NULL AS isWithdrawn FROM topologies WHERE NOT is_indexed ORDER BY isp, version`,
  );
  const indexed = database.prepare(`UPDATE topologies SET is_indexed = 1 WHERE ${one}`);
  const selectConflictCount = database
    .prepare<[Version], number>(
      `SELECT json_array_length(name_conflicts) + json_array_length(conflicts) FROM topologies WHERE ${one}`,
    )
    .pluck();
  return {
    all: () => selectAll.all(),
    facts(version) {
      const { digest, ...lists } = selectFacts.get(version)!;
      return {
        digest,
        refused: JSON.parse(lists.refused),
        conflicts: JSON.parse(lists.conflicts),
        nameConflicts: JSON.parse(lists.nameConflicts),
      };
    },
    topology: (version) => JSON.parse(selectTopology.get(version)!) as Topology,
    origins: (version) => new Map(JSON.parse(selectOrigins.get(version)!) as [string, number][]),
    page: (isp, beforeVersion, limit) => selectPage.all({ isp, beforeVersion, limit }),
    newestBy: (isp, declaredBy) => selectNewestBy.get(isp, declaredBy),
    lastNumber: (isp) => selectLastNumber.get(isp)!,
    keptSince: (isp, declaredSinceMs) => selectKept.get(isp, declaredSinceMs)!,
    insert: database.transaction(
      (version: Version, { digest, refused, nameConflicts, topology, origins }: NewTopology) => {
        const texts = { refused: JSON.stringify(refused), nameConflicts: JSON.stringify(nameConflicts) };
        const sizeBytes = Buffer.byteLength(topology) + Buffer.byteLength(origins);
        insert.run({ ...version, ...texts, digest, origins, sizeBytes });
        insertContent.run({ ...version, topology });
      },
    ).immediate,
    setOrigins: ({ isp, version }, origins) => setOrigins.run({ isp, version, origins }),
    setConflicts: ({ isp, version }, conflicts) =>
      setConflicts.run({ isp, version, conflicts: JSON.stringify(conflicts) }),
    withdraw: ({ isp, version }, nowMs) => withdraw.run({ isp, version, nowMs }),
    notIndexed: () => selectNotIndexed.all(),
    indexed: database.transaction((version: Version, isWithdrawn: boolean) => {
      indexed.run(version);
      // It was never in force: nobody asks for its content again.
      if (isWithdrawn) removeContent.run(version);
    }).immediate,
    conflictCount: (version) => selectConflictCount.get(version)!,
  };
}

/** As it is told in lists. */
export const listed = (
  { isConfirmed: _, ...version }: ListedVersion,
  validToMs: number | null,
): ListedTopology => ({ ...version, validToMs });
