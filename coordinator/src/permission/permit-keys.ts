import { FairhopError, type PublicKey } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';

export interface PermitKey {
  readonly isp: string;
  readonly keyId: string;
  readonly publicKey: PublicKey;
  /** Where the ISP hands out permits to its subscribers. */
  readonly permitUrl?: string;
}

export interface PermitKeys {
  of(isp: string): readonly PermitKey[];
  key(isp: string, keyId: string): PermitKey | undefined;
  /** Throws `too-many-permit-keys` (409). */
  put(key: PermitKey): void;
  /** Throws `permit-key-unknown` (404). */
  remove(isp: string, keyId: string): void;
}

/** One in use, one to come and one on its way out are enough. */
const MAX_KEYS_PER_ISP = 32;

interface PermitKeyRow {
  readonly isp: string;
  readonly keyId: string;
  readonly publicKey: string;
  readonly permitUrl: string | null;
}

/** Keys with which ISPs sign permits, all in memory too. */
export function createPermitKeys(database: Database): PermitKeys {
  const upsert = database.prepare(
    `INSERT INTO permit_keys (isp, key_id, public_key, permit_url) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET public_key = excluded.public_key, permit_url = excluded.permit_url`,
  );
  const deleteKey = database.prepare('DELETE FROM permit_keys WHERE isp = ? AND key_id = ?');
  const byIsp = new Map<string, Map<string, PermitKey>>();
  const keep = (key: PermitKey): void => {
    const ofIsp = byIsp.get(key.isp) ?? new Map<string, PermitKey>();
    byIsp.set(key.isp, ofIsp.set(key.keyId, key));
  };
  const rows = database
    .prepare(
      'SELECT isp, key_id AS keyId, public_key AS publicKey, permit_url AS permitUrl FROM permit_keys ORDER BY isp, key_id',
    )
    .all() as PermitKeyRow[];
  for (const { permitUrl, ...row } of rows) keep({ ...row, ...(permitUrl !== null && { permitUrl }) });

  return {
    of: (isp) => [...(byIsp.get(isp)?.values() ?? [])],
    key: (isp, keyId) => byIsp.get(isp)?.get(keyId),
    put(key) {
      const ofIsp = byIsp.get(key.isp);
      if (ofIsp && ofIsp.size >= MAX_KEYS_PER_ISP && !ofIsp.has(key.keyId)) {
        const message = `ISP ${key.isp} has ${MAX_KEYS_PER_ISP} permit keys, which is the most; remove one that is not used`;
        throw new FairhopError('too-many-permit-keys', message, { status: 409 });
      }
      upsert.run(key.isp, key.keyId, key.publicKey, key.permitUrl ?? null);
      keep(key);
    },
    remove(isp, keyId) {
      if (!byIsp.get(isp)?.has(keyId)) {
        throw new FairhopError('permit-key-unknown', `ISP ${isp} has no permit key ${keyId}`, {
          status: 404,
        });
      }
      deleteKey.run(isp, keyId);
      byIsp.get(isp)?.delete(keyId);
    },
  };
}
