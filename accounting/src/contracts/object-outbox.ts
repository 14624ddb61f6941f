import { FairhopError } from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { AccountingObjects } from '../networks/objects.js';
import type { Versions } from './agree.js';
import type { Carriers, DatedChange, ObjectChange } from './object-changes.js';

export type ObjectPlace = Pick<AccountingObjects, 'put' | 'close' | 'get'>;

/**
 * Changes of accounting objects, which are in another database: kept with the contract in one transaction, made after it, and forgotten
 * once they are made. Each may be made twice, so a process that ends in between loses nothing.
 */
export interface ObjectOutbox {
  /** What was put of an object so far by its contract, which has these versions; the newest thousand. */
  saidOf(object: string, versions: Versions): readonly Carriers[];
  /** Within the transaction that writes the contract, which has these versions before. Throws `object-taken` (409) where an object is not the contract's. */
  add(contract: string, changes: readonly DatedChange[], before: Versions): void;
  /** Makes what was added, by object in order. Throws what the objects throw last; what failed is kept and tried again. */
  carryOut(): void;
}

/** As many as a contract has versions; links that come and go make no more of them for ever. */
const MAX_SAID = 1_000;

export function createObjectOutbox(
  database: Database,
  { objects, log }: { readonly objects: ObjectPlace; readonly log: Logger },
): ObjectOutbox {
  const holder = database
    .prepare<[string], string>('SELECT contract FROM contract_objects WHERE id = ?')
    .pluck();
  const insertObject = database.prepare('INSERT INTO contract_objects (id, contract) VALUES (?, ?)');
  const insert = database.prepare('INSERT INTO contract_object_changes (object, change) VALUES (?, ?)');
  const pending = database.prepare<[], { id: number; object: string; change: string }>(
    'SELECT id, object, change FROM contract_object_changes ORDER BY id',
  );
  const selectSaid = database
    .prepare<[string], string | null>('SELECT said FROM contract_objects WHERE id = ?')
    .pluck();
  const setSaid = database.prepare('UPDATE contract_objects SET said = ? WHERE id = ?');
  const remove = database.prepare('DELETE FROM contract_object_changes WHERE id = ?');

  const claim = (object: string, contract: string): void => {
    const owner = holder.get(object);
    if (owner === contract) return;
    if (owner === undefined && !exists(objects, object)) {
      insertObject.run(object, contract);
      return;
    }
    const whose = owner === undefined ? 'made by hand' : `of contract ${owner}`;
    const message = `accounting object ${object} is ${whose}; give the contract or the charge another id`;
    throw new FairhopError('object-taken', message, { status: 409 });
  };
  const make = (object: string, change: ObjectChange): void => {
    try {
      if (change.type === 'put') objects.put(object, change);
      else objects.close(object, change.atMs);
    } catch (error) {
      // By hand it was closed, or changed later than this: that stands.
      if (!hasCode(error, 'object-closed') && !hasCode(error, 'object-out-of-order')) throw error;
      log.warn({ err: error, object }, 'an accounting object was changed by hand; the contract leaves it so');
    }
  };
  const saidOf: ObjectOutbox['saidOf'] = (object, versions) => {
    const said = selectSaid.get(object);
    if (said === undefined) return [];
    if (said !== null) return JSON.parse(said) as Carriers[];
    // Its contract was put before this was kept, when versions alone changed it.
    const entities = exists(objects, object) ? objects.get(object).entities : [];
    return versions.map(({ fromMs: timeMs }) => ({
      fromMs: timeMs,
      components: entities
        .filter(({ fromMs, toMs }) => fromMs <= timeMs && (toMs === null || toMs > timeMs))
        .map(({ component }) => component),
    }));
  };
  return {
    saidOf,
    add(contract, changes, before) {
      for (const { object, change } of changes) {
        claim(object, contract);
        insert.run(object, JSON.stringify(change));
        if (change.type === 'close') continue;
        const { fromMs, components } = change;
        const earlier = saidOf(object, before).filter((said) => said.fromMs < fromMs);
        setSaid.run(JSON.stringify([...earlier, { fromMs, components }].slice(-MAX_SAID)), object);
      }
    },
    carryOut() {
      const failed = new Map<string, unknown>();
      for (const { id, object, change } of pending.all()) {
        if (failed.has(object)) continue;
        try {
          make(object, JSON.parse(change) as ObjectChange);
          remove.run(id);
        } catch (error) {
          failed.set(object, error);
        }
      }
      const [error] = failed.values();
      if (error !== undefined) throw error;
    },
  };
}

function exists(objects: ObjectPlace, id: string): boolean {
  try {
    objects.get(id);
    return true;
  } catch (error) {
    if (hasCode(error, 'object-unknown')) return false;
    throw error;
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof FairhopError && error.code === code;
