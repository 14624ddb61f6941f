import type { Contract, ContractTerms, ContractVersion, Party } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { termsOf, type Versions } from './agree.js';

interface ContractHead extends Omit<Contract, 'versions' | 'objects'> {
  /** Until when its periods are closed. */
  readonly closedUntilMs: number | null;
}

export type StoredContract = ContractHead & Pick<Contract, 'versions' | 'objects'>;

export interface ContractStore {
  get(id: string): StoredContract | undefined;
  /** By id; all, or those that a party issues or pays. */
  list(party?: Party): StoredContract[];
  /** Those of the same kind between the same parties. */
  alike(contract: Pick<Contract, 'kind' | 'issuer' | 'payer'>): StoredContract[];
  count(): number;
  /** Versions that are not among them any more become former ones. */
  put(contract: ContractHead, versions: Versions): void;
  /** In whose place are others. */
  formerVersions(id: string): ContractVersion[];
  /** Later than before, or as before. */
  setClosedUntil(id: string, timeMs: number): void;
  /** Nothing is closed from then on any more; null: at all. */
  setReopenedFrom(id: string, timeMs: number | null): void;
}

interface Row {
  readonly id: string;
  readonly kind: Contract['kind'];
  readonly name: string;
  readonly issuerKind: Party['kind'];
  readonly issuerId: string;
  readonly payerKind: Party['kind'];
  readonly payerId: string;
  readonly closedUntilMs: number | null;
}

interface VersionRow {
  readonly version: number;
  readonly fromMs: number;
  readonly toMs: number | null;
  readonly terms: string;
}

export function createContractStore(database: Database): ContractStore {
  const contracts = `SELECT id, kind, name, issuer_kind AS issuerKind, issuer_id AS issuerId, payer_kind AS payerKind,
    payer_id AS payerId, closed_until_ms AS closedUntilMs FROM contracts`;
  const isIssuer = 'issuer_kind = @issuerKind AND issuer_id = @issuerId';
  const isPayer = 'payer_kind = @payerKind AND payer_id = @payerId';
  const select = database.prepare<[string], Row>(`${contracts} WHERE id = ?`);
  const selectAll = database.prepare<[], Row>(`${contracts} ORDER BY id`);
  const selectOf = database.prepare<[object], Row>(
    `${contracts} WHERE ${isIssuer} OR ${isPayer} ORDER BY id`,
  );
  const selectAlike = database.prepare<[object], Row>(
    `${contracts} WHERE kind = @kind AND ${isIssuer} AND ${isPayer} ORDER BY id`,
  );
  const selectVersions = database.prepare<[string], VersionRow>(
    'SELECT version, from_ms AS fromMs, to_ms AS toMs, terms FROM contract_versions WHERE contract = ? ORDER BY version',
  );
  const selectObjects = database
    .prepare<[string], string>('SELECT id FROM contract_objects WHERE contract = ? ORDER BY id')
    .pluck();
  const count = database.prepare<[], number>('SELECT count(*) FROM contracts').pluck();
  const upsert = database.prepare<[Row]>(
    `INSERT INTO contracts (id, kind, name, issuer_kind, issuer_id, payer_kind, payer_id, closed_until_ms)
     VALUES (@id, @kind, @name, @issuerKind, @issuerId, @payerKind, @payerId, @closedUntilMs)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name`,
  );
  const selectFormer = database.prepare<[string], VersionRow>(
    'SELECT version, from_ms AS fromMs, to_ms AS toMs, terms FROM former_versions WHERE contract = ? ORDER BY version',
  );
  const keepFormer = database.prepare<[{ contract: string; kept: string }]>(
    `INSERT OR REPLACE INTO former_versions SELECT contract, version, from_ms, to_ms, terms FROM contract_versions
     WHERE contract = @contract AND version NOT IN (SELECT value FROM json_each(@kept))`,
  );
  const removeVersions = database.prepare('DELETE FROM contract_versions WHERE contract = ?');
  const insertVersion = database.prepare<[VersionRow & { contract: string }]>(
    `INSERT INTO contract_versions (contract, version, from_ms, to_ms, terms)
     VALUES (@contract, @version, @fromMs, @toMs, @terms)`,
  );
  const close = database.prepare(
    'UPDATE contracts SET closed_until_ms = max(coalesce(closed_until_ms, 0), @timeMs) WHERE id = @id',
  );

  const reopen = database.prepare('UPDATE contracts SET closed_until_ms = @timeMs WHERE id = @id');

  const read = (row: Row): StoredContract => ({
    id: row.id,
    kind: row.kind,
    name: row.name,
    issuer: { kind: row.issuerKind, id: row.issuerId },
    payer: { kind: row.payerKind, id: row.payerId },
    closedUntilMs: row.closedUntilMs,
    versions: selectVersions.all(row.id).map(versionOf),
    objects: selectObjects.all(row.id),
  });
  return {
    get(id) {
      const row = select.get(id);
      return row === undefined ? undefined : read(row);
    },
    list(party) {
      const rows =
        party === undefined ? selectAll.all() : selectOf.all(sidesOf({ issuer: party, payer: party }));
      return rows.map(read);
    },
    alike: ({ kind, ...sides }) => selectAlike.all({ kind, ...sidesOf(sides) }).map(read),
    count: () => count.get()!,
    put({ id, kind, name, issuer, payer, closedUntilMs }, versions) {
      upsert.run({ id, kind, name, closedUntilMs, ...sidesOf({ issuer, payer }) });
      keepFormer.run({ contract: id, kept: JSON.stringify(versions.map(({ version }) => version)) });
      removeVersions.run(id);
      for (const version of versions) {
        const { fromMs, toMs } = version;
        const terms = JSON.stringify(termsOf(version));
        insertVersion.run({ contract: id, version: version.version, fromMs, toMs, terms });
      }
    },
    formerVersions: (id) => selectFormer.all(id).map(versionOf),
    setClosedUntil: (id, timeMs) => void close.run({ id, timeMs }),
    setReopenedFrom: (id, timeMs) => void reopen.run({ id, timeMs }),
  };
}

const sidesOf = ({ issuer, payer }: Pick<Contract, 'issuer' | 'payer'>) => ({
  issuerKind: issuer.kind,
  issuerId: issuer.id,
  payerKind: payer.kind,
  payerId: payer.id,
});

const versionOf = ({ version, fromMs, toMs, terms }: VersionRow): ContractVersion => ({
  ...(JSON.parse(terms) as ContractTerms),
  version,
  fromMs,
  toMs,
});
